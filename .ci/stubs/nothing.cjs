// In the place of what a library loads and we never call.
module.exports = {};
