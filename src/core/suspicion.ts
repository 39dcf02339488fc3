/**
 * Text that asks for more than a lesson may: a memory is data about code, so words that speak to the model as an authority, that name its
 * permissions, or that carry addresses and commands have no place in one. A text is looked at as it reads, not as it is encoded.
 */

const unseen =
  /\u034f|[\ufe00-\ufe0f]|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]|\udb40[\udc00-\udfff]/g;

/** The same text without characters that are not seen (zero width, direction marks, tags) and without control characters but line ends and tabs. */
export function seenText(text: string): string {
  return text.replace(unseen, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ' ');
}

const patterns: readonly [RegExp, string][] = [
  [
    /\b(?:ignore|disregard|forget|override|bypass|skip)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|any|every|these|those|the|your)\b[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|polic(?:y|ies)|checks?|tests?|scanner|guidelines?|messages?|restrictions?)\b/i,
    'it speaks against instructions or checks',
  ],
  [
    /\b(?:system|developer|admin(?:istrator)?)[ _-]?(?:prompt|message|instructions?|override|mode)\b/i,
    'it speaks as the system',
  ],
  [
    /(?:^|\n)\s*(?:#+\s*)?(?:system|assistant|user|human|developer)\s*:/i,
    'it takes a role in the conversation',
  ],
  [/\b(?:SYSTEM|ASSISTANT|HUMAN|DEVELOPER)\s*:/, 'it takes a role in the conversation'],
  [
    /(?<!\p{L})(?=\p{L}*\p{Script=Latin})(?=\p{L}*[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}])\p{L}+/u,
    'it mixes letters that look alike',
  ],
  [
    /\byou (?:are|must|should) now\b|\bfrom now on\b|\bnew (?:instructions?|rules?) (?:are|is|follow)|\bact as (?:an?|the) (?:assistant|admin\w*|system|root|expert|user|different)\b|\bpretend (?:to be|you|that you)\b/i,
    'it gives the model a role',
  ],
  [
    /<\s*[/\\]?\s*(?:system|recalled|goal|checks?|task|failure|diagnosis|step|tool|function|instructions?|assistant|user|human|policy)\b/i,
    'it carries tags of a prompt',
  ],
  [
    /\[\/?INST\]|<\|[a-z_]+\|>|<<\s*SYS\s*>>|\bEND OF (?:DATA|PROMPT|RECALLED)\b/i,
    'it carries marks of a prompt',
  ],
  [
    /--(?:yolo|dangerously\S*|no-sandbox|force|permission-mode)\b|\b(?:bypassPermissions|danger-full-access|dontAsk|acceptEdits)\b|\b(?:grant|allow|enable|disable|turn off|raise|widen)\b[^.\n]{0,40}\b(?:permissions?|sandbox|scanner|polic(?:y|ies)|network access|capabilit(?:y|ies))\b/i,
    'it speaks of permissions',
  ],
  [
    /\b(?:exfiltrat\w*|api[ _-]?keys?|passwords?|credentials?|secrets?|\.env\b|id_rsa|\.ssh\b|\/etc\/(?:passwd|shadow))/i,
    'it speaks of secrets',
  ],
  [
    /\b(?:https?|ftp|wss?|file|ssh):\/\/|\bdata:[a-z]+\/|\bjavascript:\w+\(|\b\d{1,3}(?:\.\d{1,3}){3}\b/i,
    'it carries an address',
  ],
  [/[A-Za-z0-9+/]{48,}={0,2}/, 'it carries encoded data'],
  [
    /(?<!\b(?:not|never|avoid|don't|cannot|without)\s(?:\w+\s)?)\b(?:edit|change|delete|remove|rewrite|weaken|modify|patch|mock out|comment out)\b[^.\n]{0,30}\b(?:tests?|test files?|checks?|assertions?|expected (?:value|output)s?)\b|(?<!\b(?:not|never|avoid|don't)\s(?:\w+\s)?)\b(?:hard-?code|special-?case)\b[^.\n]{0,30}\b(?:expected|test|answer|result)/i,
    'it would tamper with the checks',
  ],
];

const commands: readonly RegExp[] = [
  /(?:^|[\s`"'(;|&])(?:curl|wget|nc|ncat|ssh|scp|rsync|chmod|chown|sudo|su|rm|mkfs(?:\.\w+)?|dd|kill|crontab|eval)\s+(?:-{1,2}\w|[/~.$]|\w+=|\d{3}\b)/i,
  /\b(?:pip3?|npm|npx|yarn|pnpm|apt|apt-get|dnf|apk|brew|gem|cargo|conda)\s+(?:install|add|exec|run|i|-[a-z])\b|\bgo (?:install|run)\b/i,
  /\b(?:bash|sh|zsh|python3?|node|perl|ruby|php|powershell|cmd)\s+(?:-{1,2}\w+|\S+\.(?:sh|py|js|mjs|pl|rb|ps1))\b/i,
  /\|\s*(?:ba|z|da)?sh\b|\$\([^)]+\)|>\s*\/(?:dev|etc|tmp|home)\b/i,
  /\bgit\s+(?:clone|push|config|reset|remote)\b|\b(?:os\.system|subprocess\.(?:run|Popen|call)|child_process|execSync)\b/i,
];

/**
 * Why a text may not be put before a model as a memory, in one phrase; null when nothing speaks against it. `executed` are the commands that were
 * run here: a command in the text that is part of none of them is a reason.
 */
export function suspicionOf(text: string, executed: readonly string[] = []): string | null {
  const plain = seenText(text).normalize('NFKC');
  if (plain.replace(/\s+/g, ' ').trim() !== text.normalize('NFKC').replace(/\s+/g, ' ').trim()) {
    return 'it carries characters that are not seen';
  }
  const found = patterns.find(([pattern]) => pattern.test(plain));
  if (found) return found[1];
  for (const pattern of commands) {
    const command = pattern
      .exec(plain)?.[0]
      .trim()
      .replace(/^[`"'(;|&]\s*/, '');
    if (command !== undefined && !executed.some((one) => one.includes(command))) {
      return 'it names a command that was not run here';
    }
  }
  return null;
}
