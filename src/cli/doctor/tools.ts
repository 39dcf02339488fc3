import type { Config } from '../../config.ts';
import { askCommand, firstLine } from './ask-command.ts';
import { gap, missing, ok, type Row } from './row.ts';
import { safetyRows } from './safety.ts';

const soonMs = 3000;

async function gitRow(): Promise<Row> {
  const answer = await askCommand('git', ['--version'], soonMs);
  if (answer.ok) return ok('machine', 'git', firstLine(answer.stdout).replace(/^git version /, ''));
  return missing(
    'machine',
    'git',
    answer.why,
    'Install git (apt install git) to keep what is delivered under version control.',
  );
}

async function bashRow(): Promise<Row> {
  const answer = await askCommand('bash', ['-c', 'echo "$BASH_VERSION $BASH"'], soonMs);
  if (answer.ok) return ok('languages', 'bash', firstLine(answer.stdout));
  return missing(
    'languages',
    'bash',
    answer.why,
    'Install bash: shell programs and --check commands need it.',
  );
}

async function pythonRows(): Promise<Row[]> {
  const script = 'import sys; print(sys.version.split()[0], sys.executable)';
  let answer = await askCommand('python3', ['-c', script], soonMs);
  if (answer.why === 'not found') answer = await askCommand('python', ['-c', script], soonMs);
  const [version = '', executable = ''] = firstLine(answer.stdout).split(/ (.*)/);
  if (!answer.ok || executable === '') {
    const advice = 'Install Python 3.8 or newer (apt install python3): Python programs need it.';
    return [missing('languages', 'Python', answer.why || 'did not name itself', advice)];
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const python =
    major === 3 && minor >= 8
      ? ok('languages', 'Python', `${version} ${executable}`)
      : gap('languages', 'Python', `${version} ${executable}`, 'Install Python 3.8 or newer.');
  const pytest = await askCommand(executable, ['-m', 'pytest', '--version'], soonMs);
  if (pytest.ok) {
    return [
      python,
      ok('languages', 'pytest', firstLine(pytest.stdout || pytest.stderr).replace(/^pytest /, '')),
    ];
  }
  const why = /No module named/.test(pytest.stderr) ? 'not installed' : pytest.why;
  const advice =
    'Tests run with unittest; for pytest ones: apt install python3-pytest, or pip install pytest.';
  return [python, missing('languages', 'pytest', why, advice)];
}

async function esbuildRow(): Promise<Row> {
  try {
    const { transform, version } = await import('esbuild');
    await transform('let answer: number = 42', { loader: 'ts' });
    return ok('languages', 'esbuild', version);
  } catch (error) {
    const why = firstLine(error instanceof Error ? error.message : String(error));
    return missing(
      'languages',
      'esbuild',
      why,
      'TypeScript programs need it: install the package again (npm ci).',
    );
  }
}

async function bubblewrapRow(): Promise<Row> {
  if (process.platform !== 'linux') {
    return missing(
      'safety',
      'bubblewrap',
      `not for ${process.platform}`,
      'A container engine isolates programs here.',
    );
  }
  const version = await askCommand('bwrap', ['--version'], soonMs);
  if (!version.ok) return missing('safety', 'bubblewrap', version.why, 'apt install bubblewrap');
  const name = firstLine(version.stdout).replace(/^bubblewrap /, '');
  const tried = await askCommand('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], soonMs);
  if (tried.ok) return ok('safety', 'bubblewrap', `${name}, makes namespaces`);
  const advice =
    'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1), or run outside a container.';
  return gap(
    'safety',
    'bubblewrap',
    `${name}, but it cannot make namespaces: ${firstLine(tried.stderr) || tried.why}`,
    advice,
  );
}

async function containerRow(): Promise<Row> {
  const engines = ['docker', 'podman'];
  const answers = await Promise.all(
    engines.map((engine) => askCommand(engine, ['info', '--format', 'ok'], soonMs)),
  );
  const running = engines.filter((_, index) => answers[index]?.ok);
  if (running.length > 0) return ok('safety', 'containers', running.join(', '));
  const installed = engines.filter((_, index) => answers[index]?.why !== 'not found');
  return installed.length > 0
    ? gap(
        'safety',
        'containers',
        `${installed.join(', ')} installed, but no server answers`,
        'Start it, if you use it.',
      )
    : missing(
        'safety',
        'containers',
        'neither docker nor podman',
        'Not needed; docker or podman is one more way to isolate.',
      );
}

/** Interpreters, compilers and what isolates programs. All asked at once, each for a few seconds at most. */
export async function toolRows(config: Config): Promise<Row[]> {
  const rows = await Promise.all([
    gitRow(),
    bashRow(),
    pythonRows(),
    esbuildRow(),
    bubblewrapRow(),
    containerRow(),
    safetyRows(config),
  ]);
  return rows.flat();
}
