/**
 * For `bash -c`, with the path of a shell script as `$0`: runs it in this shell and says at its end, in the report, that it came there. What the
 * script sources cannot end it with success by `exit`, nor put functions in the place of what a check compares with. A shell has no place to
 * hide the nonce in: this stops an early end, not a program that looks for the nonce.
 */
export const shellGuard = `IFS= read -r __kintsugi_nonce
exec </dev/null
__kintsugi_report=$KINTSUGI_REPORT
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
__kintsugi_end() {
  POSIXLY_CORRECT=1
  unset -f builtin declare shopt printf set unset
  unset POSIXLY_CORRECT
  set +eu
  shopt -s extdebug
  for __kintsugi_name in '[' test echo true false exit source diff cmp grep cat command cd; do
    if declare -F "$__kintsugi_name" >/dev/null; then
      __kintsugi_place=$(declare -F "$__kintsugi_name")
      __kintsugi_place=\${__kintsugi_place#* }
      if [[ $__kintsugi_name != exit ]] && ! __kintsugi_owns "\${__kintsugi_place#* }"; then
        __kintsugi_place=\${__kintsugi_place##*/}
        printf '%s {"kind": "tampered", "what": "the command %s was replaced", "where": "%s"}\\n' "$__kintsugi_nonce" "$__kintsugi_name" "\${__kintsugi_place//[^A-Za-z0-9._-]/}" >> "$__kintsugi_report"
      fi
    fi
  done
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
readonly -f exit __kintsugi_end __kintsugi_owns
. "$0"
__kintsugi_status=$?
if [[ $__kintsugi_status == 0 ]]; then __kintsugi_end; fi
builtin exit "$__kintsugi_status"
`;
