const kept = [];
for (let round = 0; round < 80; round += 1) kept.push(Buffer.alloc(8 << 20, 1));
console.log('DONE buffer', kept.length * 8, 'MB');
