import type { Ending } from '../core/domain.ts';

/** Every way a session can end, with what scripts see of it. Exit 0 is a proof; nothing else gives it. */
export const exits: Record<Ending, { code: number; subtype: string }> = {
  verified: { code: 0, subtype: 'success' },
  'not-verified': { code: 3, subtype: 'error_not_verified' },
  planned: { code: 3, subtype: 'error_not_verified' },
  'max-attempts': { code: 3, subtype: 'error_max_attempts' },
  'no-progress': { code: 3, subtype: 'error_no_progress' },
  oscillation: { code: 3, subtype: 'error_no_progress' },
  unsafe: { code: 4, subtype: 'error_unsafe_code' },
  'permission-denied': { code: 5, subtype: 'error_permission_denied' },
  authentication: { code: 41, subtype: 'error_authentication' },
  'sandbox-unavailable': { code: 44, subtype: 'error_during_execution' },
  'max-tokens': { code: 56, subtype: 'error_max_tokens' },
  'max-usd': { code: 56, subtype: 'error_max_budget_usd' },
  timeout: { code: 56, subtype: 'error_timeout' },
  'model-failed': { code: 1, subtype: 'error_during_execution' },
  refused: { code: 1, subtype: 'error_during_execution' },
  'not-delivered': { code: 1, subtype: 'error_during_execution' },
  'internal-error': { code: 1, subtype: 'error_during_execution' },
  cancelled: { code: 130, subtype: 'cancelled' },
  terminated: { code: 143, subtype: 'cancelled' },
};
