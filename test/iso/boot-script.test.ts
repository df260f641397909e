// The boot script of the initrd, function by function, in whatever POSIX shell is /bin/sh; the busybox of the image runs
// it in the tests with virtual machines.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../src/common/digest.ts';
import { run } from '../../src/common/process.ts';
import { compareWithGolden } from '../golden.ts';

const SCRIPT = join(import.meta.dirname, '../../../iso/initrd/kronos.sh');
const CONTENT = 'the layer';

/** What initramfs-tools defines around the script, and an end for what never returns. */
const AROUND = `
_uptime() { echo 100; }
dmesg() { echo '[    1.0] a line of the kernel'; }
chvt() { :; }
kronos_wait_key() { return 1; }
kronos_reboot() { exit 9; }
`;

interface Scene {
  directory: string;
  /** Runs shell text after the script was sourced; standard output without the last newline. */
  shell: (text: string, accept?: readonly number[]) => Promise<string>;
}

async function scene(
  t: ExecutionContext,
  options: { cmdline?: string; layers?: string } = {},
): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-boot-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'conf'));
  await mkdir(join(directory, 'run'));
  await mkdir(join(directory, 'bin'));
  const layers = options.layers ?? `packages 9 ${digestOf(CONTENT)}\n`;
  await writeFile(join(directory, 'conf/label'), 'KRONOS_BUILTIN1\n');
  await writeFile(join(directory, 'conf/layers'), layers);
  await writeFile(join(directory, 'cmdline'), `${options.cmdline ?? ''}\n`);
  const shell: Scene['shell'] = async (text, accept = [0]) => {
    const result = await run(['sh', '-c', `. ${SCRIPT}\n${AROUND}\n${text}`], {
      accept,
      environment: {
        PATH: [join(directory, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
        KRONOS_CMDLINE: join(directory, 'cmdline'),
        KRONOS_CONF: join(directory, 'conf'),
        KRONOS_RUN: join(directory, 'run'),
        // Written as /dev/NAME.
        KRONOS_CONSOLES: `..${directory}/console`,
      },
    });
    return result.stdout;
  };
  return { directory, shell };
}

/** A program on the path of the scene. */
async function program(place: Scene, name: string, text: string): Promise<void> {
  const path = join(place.directory, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}

test('the script is POSIX shell', async (t) => {
  await t.notThrowsAsync(run(['sh', '-n', SCRIPT]));
  const text = await readFile(SCRIPT, 'utf8');
  t.notRegex(text, /^\s*(local|function|declare)\s|\[\[|<<<|[\s=]\$'/m);
});

test('the texts of its screens are broken where a person would break them', async (t) => {
  const text = await readFile(SCRIPT, 'utf8');
  const bodies = [...text.matchAll(/<<-EOF\n([^]*?)\n\t*EOF\n/g)].map((match) => match[1] ?? '');
  t.true(bodies.length > 8);
  for (const line of bodies
    .join('\n')
    .split('\n')
    .map((each) => each.replace(/^\t+/, ''))) {
    if (!line.includes('$')) t.true(line.length <= 75, line);
  }
});

const PRINT =
  'kronos_parse_cmdline; echo "$kronos_label|$kronos_image|$kronos_toram|$kronos_check|$kronos_wait"';

for (const [cmdline, expected] of [
  ['placeholder boot=kronos quiet', 'KRONOS_BUILTIN1||n|n|90'],
  ['kronos.label=KRONOS_0A kronos.toram', 'KRONOS_0A||y|n|90'],
  ['kronos.label= kronos.check', 'KRONOS_BUILTIN1||n|y|90'],
  ['kronos.image=http://h/p kronos.wait=300', 'KRONOS_BUILTIN1|http://h/p|n|n|300'],
  ['kronos.wait=soon kronos.toramX xkronos.check', 'KRONOS_BUILTIN1||n|n|90'],
  ['kronos.wait=999999999 *', 'KRONOS_BUILTIN1||n|n|90'],
  ['kronos.label=A kronos.label=B', 'B||n|n|90'],
] as const) {
  test(`kernel arguments: ${cmdline}`, async (t) => {
    t.is(await (await scene(t, { cmdline })).shell(PRINT), expected);
  });
}

test('addresses of images', async (t) => {
  const { shell } = await scene(t);
  const clean = (url: string) => shell(`kronos_clean_url '${url}' || echo refused`);
  t.is(await clean('http://h:8080/a/b//'), 'http://h:8080/a/b');
  t.is(await clean('https://h'), 'https://h');
  t.is(await clean('tftp://10.0.2.2/layers'), 'http://10.0.2.2/layers');
  for (const bad of ['', 'http://', 'http:///x', 'ftp://h/x', '/layers', 'http://:80/x']) {
    t.is(await clean(bad), 'refused', bad);
  }
  const resolve = (url: string, next: string) =>
    shell(`kronos_resolve_url '${url}' '${next}' || echo refused`);
  t.is(await resolve('http://next-server/l', '10.0.0.1'), 'http://10.0.0.1/l');
  t.is(await resolve('http://next-server:81/l', '10.0.0.1'), 'http://10.0.0.1:81/l');
  t.is(await resolve('http://next-server', '10.0.0.1'), 'http://10.0.0.1');
  t.is(await resolve('http://next-server.example/l', ''), 'http://next-server.example/l');
  t.is(await resolve('http://next-server/l', '0.0.0.0'), 'refused');
  t.is(await resolve('http://next-server/l', ''), 'refused');
});

test('sizes, waiting times and the order of layers', async (t) => {
  const layers = 'packages 281427968 aa\nhost 4096 bb\nlive 1 cc\n';
  const { shell, directory } = await scene(t, { layers });
  t.is(await shell('kronos_total_size'), '281432065');
  t.is(
    await shell('kronos_megabytes 281427968; kronos_megabytes 1; kronos_megabytes 0'),
    '282\n1\n0',
  );
  t.is(await shell('for i in 2 3 4 5 6 10; do kronos_delay $i; done'), '2\n4\n8\n15\n30\n30');
  const lower = ['live', 'host', 'packages'].map((name) => join(directory, 'run/layers', name));
  t.is(await shell('kronos_lower_directories'), lower.join(':'));
});

test('values are read from what ipconfig leaves', async (t) => {
  const place = await scene(t);
  const file = join(place.directory, 'net.conf');
  await writeFile(file, "DEVICE='eth0'\nIPV4ADDR='10.0.2.15'\nROOTSERVER='10.0.2.2'\n");
  t.is(
    await place.shell(`kronos_setting ${file} ROOTSERVER; kronos_setting ${file} SERVER`),
    '10.0.2.2',
  );
});

test('a server that says no is not asked again, one that is busy is', async (t) => {
  const { shell } = await scene(t);
  const final = (text: string) => shell(`kronos_is_final "${text}" && echo yes || echo no`);
  t.is(await final('wget: server returned error: HTTP/1.1 404 Not Found'), 'yes');
  t.is(await final('wget: server returned error: HTTP/1.0 403 Forbidden'), 'yes');
  t.is(await final('wget: server returned error: HTTP/1.1 503 Service Unavailable'), 'no');
  t.is(await final("wget: can't connect to remote host (10.0.2.2): Connection refused"), 'no');
  t.is(await final(''), 'no');
});

/** The call that the tests of the transfer make, and its status. */
function fetch(place: Scene, digest: string): string {
  const target = join(place.directory, 'run/packages.squashfs');
  return `kronos_fetch http://h/packages.squashfs ${target} 9 ${digest}; echo "status $?"`;
}

test('a transfer that breaks off goes on where it stopped', async (t) => {
  const place = await scene(t);
  // Gives three more bytes of the layer each time it is called, and fails until all are there.
  await program(
    place,
    'wget',
    `
    for last; do :; done
    while [ "$1" != -O ]; do shift; done
    have=$(stat -c %s "$2" 2>/dev/null || echo 0)
    printf '${CONTENT}' | tail -c +$((have + 1)) | head -c 3 >>"$2"
    echo 'wget: connection closed prematurely' >&2
    [ $((have + 3)) -ge 9 ]`,
  );
  await program(place, 'sleep', ':');
  t.is(await place.shell(fetch(place, digestOf(CONTENT))), 'status 0');
  t.is(await readFile(join(place.directory, 'run/packages.squashfs'), 'utf8'), CONTENT);
  const said = await readFile(join(place.directory, 'console'), 'utf8');
  t.regex(said, /connection closed prematurely/);
  t.regex(said, /attempt 2 of 10 in 2 s/);
});

test('parts of two versions lead to one whole transfer, a wrong file to a refusal', async (t) => {
  const place = await scene(t);
  await program(
    place,
    'wget',
    `
    while [ "$1" != -O ]; do shift; done
    printf x >>${place.directory}/calls
    if [ -s "$2" ]; then printf 'wrong' >>"$2"; exit 0; fi
    case $(wc -c <${place.directory}/calls) in
    1) printf 'old ' >"$2"; exit 1 ;;
    *) printf '${CONTENT}' >"$2" ;;
    esac`,
  );
  await program(place, 'sleep', ':');
  t.is(await place.shell(fetch(place, digestOf(CONTENT))), 'status 0');
  t.is((await readFile(join(place.directory, 'calls'), 'utf8')).length, 3);

  const other = await scene(t);
  await program(other, 'wget', `while [ "$1" != -O ]; do shift; done; printf 'something' >"$2"`);
  await program(other, 'sleep', ':');
  t.is(await other.shell(fetch(other, digestOf(CONTENT))), 'status 1');
});

test('a transfer that never works ends in a screen that says where and why', async (t) => {
  const place = await scene(t);
  await program(
    place,
    'wget',
    `echo "wget: server returned error: HTTP/1.1 404 Not Found" >&2; exit 1`,
  );
  await program(place, 'sleep', ':');
  await place.shell(
    `kronos_lease() { :; }; kronos_setting() { echo 10.0.2.15; }; ${fetch(place, 'x')}`,
    [9],
  );
  const failure = await readFile(join(place.directory, 'run/failure'), 'utf8');
  await compareWithGolden(t, import.meta.url, 'download-failed.txt', failure);
});

test('a wrong digest ends in a framed screen of 79 columns, on the console as in the note', async (t) => {
  const place = await scene(t);
  const text = `kronos_fail_digest http://10.0.2.2/layers/packages.squashfs 'The layer packages' ${digestOf('a')} ${digestOf('b')} copy the directory again.`;
  await place.shell(text, [9]);
  const failure = await readFile(join(place.directory, 'run/failure'), 'utf8');
  await compareWithGolden(t, import.meta.url, 'digest-mismatch.txt', failure);
  for (const line of failure.trimEnd().split('\n')) t.is(line.length, 79);
  t.true(failure.split('\n').length <= 24, 'the whole frame fits on a screen');
  t.true((await readFile(join(place.directory, 'console'), 'utf8')).includes(digestOf('b')));
});

test('panic= takes the shell away', async (t) => {
  const place = await scene(t);
  await program(place, 'sleep', `echo "slept $1" >>${place.directory}/slept`);
  const text =
    'panic=7; kronos_wait_key() { echo asked; }; kronos_shell() { echo shell; }; echo why | kronos_fail x';
  t.is(await place.shell(text, [9]), '');
  t.is(await readFile(join(place.directory, 'slept'), 'utf8'), 'slept 7\n');
});
