// Runs dnf on a directory that is the root of another system, with what scriptlets expect mounted in it.
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mountSystem, runInTree, writeInTree } from '../../../../src/builder/sandbox/tree.ts';
import { run } from '../../../../src/common/process.ts';

export interface DnfInput {
  /** An empty directory. */
  root: string;
  /** With the .repo files. */
  repositories: string;
  config: string;
  steps: readonly DnfStep[];
}

export type DnfStep =
  | { dnf: readonly string[] }
  /** A program inside. */
  | { run: readonly string[] }
  | { read: string }
  | { write: string; text: string }
  | { link: string; target: string }
  | { directory: string }
  /** Answers with the paths that no package has. */
  | { unowned: true };

/** What each step printed, or answered. */
export type DnfReport = string[];

/** Notes of rpm (in Debian below /root) and dnf, and what is mounted. */
const NOTES =
  /^\/(?:var\/(?:lib\/(?:rpm|dnf)|log|cache|tmp)|root\/\.rpmdb|usr\/lib\/sysimage|etc\/dnf|run|tmp|proc|dev|sys)(?:\/|$)/;

export async function runJob({ root, repositories, config, steps }: DnfInput): Promise<DnfReport> {
  await mountSystem(root);
  const report: DnfReport = [];
  for (const step of steps) report.push(await perform(step));
  return report;

  async function perform(step: DnfStep): Promise<string> {
    if ('dnf' in step) return dnf(step.dnf);
    if ('run' in step) {
      const { stdout, stderr, exitCode } = await runInTree(root, step.run, { accept: ANY });
      return `${stdout}${stderr}${exitCode === 0 ? '' : `\nends with ${exitCode}`}`;
    }
    if ('read' in step) return readFile(join(root, step.read), 'utf8');
    if ('unowned' in step) return unowned();
    if ('write' in step) await writeInTree(root, step.write, step.text);
    else if ('directory' in step) await mkdir(join(root, step.directory), { recursive: true });
    else {
      await mkdir(dirname(join(root, step.link)), { recursive: true });
      await symlink(step.target, join(root, step.link));
    }
    return '';
  }

  async function dnf(words: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(
      [
        ...['dnf', '--assumeyes', '--noplugins', `--config=${config}`, `--installroot=${root}`],
        ...['--releasever=1', `--setopt=reposdir=${repositories}`, '--setopt=retries=1', ...words],
      ],
      { environment: { LC_ALL: 'C.UTF-8', no_proxy: '127.0.0.1' }, extendEnvironment: true },
    );
    return `${stdout}\n${stderr}`;
  }

  async function unowned(): Promise<string> {
    const owned = await run(['rpm', '--root', root, '--query', '--all', '--list']);
    const known = new Set(owned.stdout.split('\n'));
    const { stdout } = await run(['find', root, '-xdev', '-mindepth', '1', '-printf', '/%P\\n']);
    // A directory that only leads to what somebody has is his as well.
    const parents = new Set([...known].flatMap(parentsOf));
    return stdout
      .split('\n')
      .filter((path) => path !== '' && !NOTES.test(path))
      .filter((path) => !known.has(path) && !parents.has(path))
      .filter((path) => path !== '/var' && path !== '/var/lib')
      .sort()
      .join('\n');
  }
}

const ANY = Array.from({ length: 256 }, (_none, code) => code);

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let parent = dirname(path); parent.length > 1; parent = dirname(parent))
    parents.push(parent);
  return parents;
}
