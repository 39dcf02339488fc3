/**
 * For `bash -c`, with the path of a shell script as `$0`: runs it in this shell and says at its end, in the report, that it came there. What the
 * script sources cannot end it with success by `exit`, nor put functions in the place of what a check compares with. A shell has no place to
 * hide the nonce in: this stops an early end, not a program that looks for the nonce.
 */
export const shellGuard = `IFS= read -r __kintsugi_nonce
exec </dev/null
__kintsugi_report=$KINTSUGI_REPORT
__kintsugi_path=$PATH
__kintsugi_check=$(<"$0")
unset KINTSUGI_REPORT KINTSUGI_PROOF
__kintsugi_owns() {
  case $1 in /*) __kintsugi_file=$1 ;; *) __kintsugi_file=$PWD/\${1#./} ;; esac
  case "
$KINTSUGI_CHECKS
" in *"
$__kintsugi_file
"*) return 0 ;; esac
  return 1
}
__kintsugi_tell() {
  printf '%s {"kind": "tampered", "what": "%s was replaced", "where": "%s"}\\n' "$__kintsugi_nonce" "$1" "\${2//[^A-Za-z0-9._-]/}" >> "$__kintsugi_report"
}
__kintsugi_found() (
  PATH=$1
  hash -r
  type -P -- "$2"
)
__kintsugi_commands() {
  if [[ $__kintsugi_check != *alias* && \${#BASH_ALIASES[@]} != 0 ]]; then __kintsugi_tell 'the meaning of a word (alias)'; fi
  if [[ $__kintsugi_check == *PATH=* || $__kintsugi_check =~ (^|[[:space:]])hash[[:space:]] ]]; then return; fi
  for __kintsugi_name in '[' test echo true false diff cmp grep cat sort uniq wc sed awk tr head tail cut jq expr seq python3 node bash; do
    __kintsugi_first=$(__kintsugi_found "$__kintsugi_path" "$__kintsugi_name")
    if [[ $(__kintsugi_found "$PATH" "$__kintsugi_name") != "$__kintsugi_first" ]] ||
      [[ -n \${BASH_CMDS[$__kintsugi_name]} && \${BASH_CMDS[$__kintsugi_name]} != "$__kintsugi_first" ]]; then
      __kintsugi_tell "the command $__kintsugi_name"
    fi
  done
}
__kintsugi_functions() {
  while read -r _ _ __kintsugi_name; do
    [[ $'\\n'$__kintsugi_check =~ $'\\n'(function[[:space:]]+)?"$__kintsugi_name"[[:space:]]*\\(\\) ]] || continue
    __kintsugi_place=$(declare -F "$__kintsugi_name")
    __kintsugi_place=\${__kintsugi_place#* }
    __kintsugi_owns "\${__kintsugi_place#* }" || __kintsugi_tell "the function $__kintsugi_name of the check" "\${__kintsugi_place##*/}"
  done < <(declare -F)
}
__kintsugi_end() {
  POSIXLY_CORRECT=1
  unset -f builtin declare shopt printf set unset read hash type
  unset POSIXLY_CORRECT
  set +eu
  shopt -s extdebug
  for __kintsugi_name in '[' test echo true false exit source diff cmp grep cat command cd; do
    if declare -F "$__kintsugi_name" >/dev/null; then
      __kintsugi_place=$(declare -F "$__kintsugi_name")
      __kintsugi_place=\${__kintsugi_place#* }
      if [[ $__kintsugi_name != exit ]] && ! __kintsugi_owns "\${__kintsugi_place#* }"; then
        __kintsugi_tell "the command $__kintsugi_name" "\${__kintsugi_place##*/}"
      fi
    fi
  done
  __kintsugi_commands
  __kintsugi_functions
  printf '%s {"kind": "complete"}\\n' "$__kintsugi_nonce" >> "$__kintsugi_report"
}
exit() {
  __kintsugi_status=\${1-$?}
  if [[ $BASH_SUBSHELL == 0 && $__kintsugi_status == 0 ]]; then
    if __kintsugi_owns "\${BASH_SOURCE[1]}"; then
      __kintsugi_end
    else
      echo "\${BASH_SOURCE[1]}: line \${BASH_LINENO[0]}: KintsugiEarlyExit: the program ended the check early with exit 0; a check must run to its end." >&2
      __kintsugi_status=1
    fi
  fi
  builtin exit "$__kintsugi_status"
}
readonly -f exit __kintsugi_end __kintsugi_owns __kintsugi_tell __kintsugi_found __kintsugi_commands __kintsugi_functions
. "$0"
__kintsugi_status=$?
if [[ $__kintsugi_status == 0 ]]; then __kintsugi_end; fi
builtin exit "$__kintsugi_status"
`;
