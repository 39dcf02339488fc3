/**
 * Whether everything is run: `KINTSUGI_FULL=1 npm test`. Without it the gate stays within ten minutes on two slow cores: streams, kills and
 * suites are small, and of cases that differ little some are left out.
 */
export const full = process.env.KINTSUGI_FULL === '1';
