import { nameSet } from '../code.ts';

/** Commands of the shell itself. */
const builtinCommands = `: . source [ [[ ]] test true false echo printf read cd pwd pushd popd dirs exit return break continue shift set unset export local declare
  typeset readonly let eval exec trap wait jobs fg bg disown kill hash type command builtin getopts umask ulimit alias unalias shopt caller
  mapfile readarray times logout select time coproc history help compgen function enable bind complete compopt fc suspend env`;

/** Tools whose effect shows in the words they are given, which the rules read. */
const commonTools = `arch b2sum base32 base64 basename basenc cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dircolors dirname du expand expr factor
  fmt fold groups head hostid hostname id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk
  pr printenv ptx readlink realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum sha512sum shasum shred shuf sleep sort split stat stdbuf stty sum sync
  tac tail tee timeout touch tr truncate tsort tty uname unexpand uniq unlink uptime users vdir wc who whoami yes w
  grep egrep fgrep zgrep rg ag sed awk gawk mawk nawk diff cmp diff3 sdiff patch column look rev hexdump xxd hd strings iconv dos2unix unix2dos jq yq
  xmllint tidy bc dc cal ncal file which whereis tree find locate xargs zip unzip tar gzip gunzip zcat bzip2 bunzip2 bzcat xz unxz xzcat zstd unzstd 7z cpio ar
  getent getconf locale ps free pgrep pidof lscpu lsblk lsof top vmstat iostat last lastlog tput clear reset figlet cowsay fortune setfacl getfacl lsattr chattr
  fallocate ionice setsid stress uuencode uudecode uuidgen cksum md5 less more`;
const developerTools = `git make cmake ninja gcc g++ cc c++ clang clang++ ld nm objdump readelf python python2 python3 node nodejs npm npx yarn pnpm pytest tsc deno bun go cargo rustc
  java javac mvn gradle ruby perl php lua pip pip3 eslint prettier biome shellcheck shfmt black ruff mypy flake8 pylint coverage sqlite3 openssl jest mocha vitest
  sh bash dash zsh ksh ash fish osascript gpg`;

/** Commands that the rules can read, or that a rule of their own is about. */
const readCommands = nameSet(`${builtinCommands} ${commonTools} ${developerTools}`);

/** Commands with which anything can be done, in ways that no rule reads. */
const powerfulCommands =
  nameSet(`docker podman kubectl vagrant virsh lxc lxc-attach nsenter unshare systemd-run machinectl gdb lldb strace ltrace expect vi vim nvim view
  ex ed emacs nano pico man info tmux screen parallel run-parts start-stop-daemon dbus-send busctl xdotool xclip xsel wl-copy wl-paste pbcopy pbpaste screencapture
  scrot rsync watch m4 tclsh wish script proot fakeroot capsh aa-exec setarch ld.so dpkg rpm debugfs`);

/** Whether a command by this name can do what no rule reads; `sourced`: other names may be functions of a file that is read in. */
export function isUnreadable(name: string, sourced: boolean): boolean {
  if (readCommands.has(name)) return false;
  return powerfulCommands.has(name) || !sourced;
}
