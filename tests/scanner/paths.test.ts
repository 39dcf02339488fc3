import { describe, expect, it } from 'vitest';
import { isVital, normalisePath, readClass, writeClass } from '../../src/scanner/paths.ts';

const whole = (text: string) => ({ text, whole: true, decoded: false });
const begun = (text: string) => ({ text, whole: false, decoded: false });

describe('normalisePath', () => {
  it.each([
    ['./a/../b', 'b'],
    ['/usr/../etc//passwd', '/etc/passwd'],
    ['../../x', '../../x'],
    ['/../../etc', '/etc'],
    ['/root/.ssh', '~/.ssh'],
    ['/home/ada/.bashrc', '~/.bashrc'],
    ['/Users/ada', '~'],
    ['$HOME/x', '~/x'],
    ['file:///etc/passwd', '/etc/passwd'],
    ['~ada/x', '~/x'],
    ['', ''],
  ])('writes %j as %j', (given, expected) => {
    expect(normalisePath(given)).toBe(expected);
  });
});

describe('readClass', () => {
  it.each([
    ['data.json', 'workspace'],
    ['a/../b.txt', 'workspace'],
    ['/tmp/x', 'workspace'],
    ['../x', 'outside'],
    ['/usr/share/dict/words', 'outside'],
    ['/', 'root'],
    ['~', 'home'],
    ['~/.ssh/id_ed25519', 'sensitive'],
    ['~/.aws/credentials', 'sensitive'],
    ['/etc/shadow', 'sensitive'],
    ['/proc/1/environ', 'sensitive'],
    ['.env', 'sensitive'],
    ['config/.env', 'sensitive'],
    ['.env.example', 'workspace'],
    ['environment', 'workspace'],
    ['/dev/null', 'harmless'],
    ['/dev/stdin', 'stdin'],
    ['C:\\Windows\\x', 'outside'],
  ])('calls %j %s', (path, expected) => {
    expect(readClass(whole(path))).toBe(expected);
  });

  it('judges a path whose end is not known by its beginning', () => {
    expect(readClass(begun('/etc/'))).toBe('outside');
    expect(readClass(begun('data/'))).toBe('workspace');
    expect(readClass(begun('/'))).toBe('outside');
  });
});

describe('writeClass', () => {
  it.each([
    ['out/a.txt', 'workspace'],
    ['/etc/cron.d/x', 'persist'],
    ['~/.bashrc', 'persist'],
    ['~/.ssh/authorized_keys', 'persist'],
    ['.git/hooks/pre-commit', 'persist'],
    ['/usr/local/bin/x', 'persist'],
    ['/usr/x', 'outside'],
    ['~/notes.txt', 'outside'],
    ['/dev/sda', 'device'],
    ['/dev/null', 'harmless'],
  ])('calls %j %s', (path, expected) => {
    expect(writeClass(whole(path))).toBe(expected);
  });
});

describe('isVital', () => {
  it.each(['/', '/*', '~', '~/*', '/home', '/etc', '/usr/*', '/dev/sda'])('holds for %s', (path) => {
    expect(isVital(whole(path))).toBe(true);
  });

  it.each(['build', '/tmp/x', '~/project/build', '/usr/share/x'])('does not hold for %s', (path) => {
    expect(isVital(whole(path))).toBe(false);
  });
});
