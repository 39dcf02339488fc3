const kept = [];
for (let round = 0; round < 160; round += 1) kept.push(new Array(1 << 19).fill(round + 0.5));
console.log('DONE heap', kept.length * 4, 'MB');
