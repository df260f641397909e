// Every screen in every state, as a person sees it.
import test from 'ava';
import { compareWithGolden } from '../../golden.ts';
import { KronosError } from '../../../src/common/error.ts';
import { driveMachine, HASH, SSH_KEY, type Driver } from './drive.ts';
import type { StepState } from '../../../src/steps/event.ts';

/** Machine, keys, and what happens after them. */
type Case = readonly [machine: string, keys: string, then?: (driver: Driver) => void];

/** From the welcome page to the one named, with what comes before it answered. */
const TO = {
  system: 'ENTER ENTER',
  storage: 'ENTER ENTER SPACE ENTER',
  card: 'ENTER ENTER SPACE ENTER ENTER',
  network: 'ENTER ENTER SPACE ENTER ENTER ENTER',
  hostname: 'ENTER ENTER SPACE ENTER ENTER ENTER DOWN ENTER',
  timezone: `ENTER ENTER SPACE ENTER ENTER ENTER DOWN ENTER 'xen01' ENTER`,
  login: `ENTER ENTER SPACE ENTER ENTER ENTER DOWN ENTER 'xen01' ENTER 'berl' ENTER`,
} as const;

const hashed = (driver: Driver): void => {
  driver.event({ type: 'hashed', hash: HASH });
};

const toSummary = (driver: Driver): void => {
  driver.keys(`${TO.login} 'secret' ENTER 'secret' ENTER ENTER`);
  hashed(driver);
};

const START = Date.UTC(2026, 0, 1);

const step = (
  driver: Driver,
  seconds: number,
  state: StepState,
  percent: number,
  message: string,
  bytes?: number,
): void => {
  const total = bytes === undefined ? undefined : 486_000_000;
  driver.event({
    type: 'step',
    now: START + seconds * 1000,
    event: {
      ...{ time: '', stage: 'install', step: 'x', state, percent, message, bytes, total },
    },
  });
};

const install = (driver: Driver): void => {
  toSummary(driver);
  driver.keys('ENTER');
  step(driver, 0, 'started', 0, 'Checking the image and the disks');
  step(driver, 4, 'finished', 8, 'Checking the image and the disks');
  step(driver, 4, 'started', 8, 'Writing the partition table');
  step(driver, 5, 'started', 12, 'Copying the system');
  for (let second = 0; second < 8; second += 1)
    step(
      driver,
      6 + second,
      'progress',
      12 + 4 * second,
      'Copying the system',
      second * 20_000_000,
    );
};

const CASES: Readonly<Record<string, Case>> = {
  welcome: ['dell-r650-nvme', ''],
  'welcome-reinstall': ['kronos-installed-raid1', 'DOWN'],
  'welcome-virtual': ['virtual-virtio', ''],
  keymap: ['dell-r650-nvme', 'ENTER DOWN DOWN'],
  'keymap-other': ['dell-r650-nvme', `ENTER PGDN PGDN 'sv-latin1'`],
  'keymap-none': ['dell-r650-nvme', 'ENTER PGDN PGDN ENTER'],
  'system-nvme': ['dell-r650-nvme', `${TO.system} DOWN`],
  'system-raid': ['two-nvme-equal', `${TO.system} SPACE DOWN SPACE`],
  'system-third': ['hp-dl380-sas', `${TO.system} SPACE DOWN SPACE DOWN SPACE`],
  'system-six': ['six-disks', `${TO.system} DOWN DOWN`],
  'system-too-small': ['six-disks', `${TO.system} END SPACE`],
  'system-boot-medium': ['whitebox-sata-usb', `${TO.system} DOWN DOWN SPACE`],
  'system-leftovers': ['raid-leftovers', TO.system],
  'system-lvm': ['lvm-foreign', `${TO.system} SPACE`],
  'system-zfs': ['zfs-pool', `${TO.system} DOWN`],
  'system-multipath': ['multipath-san', `${TO.system} DOWN SPACE`],
  'system-twins': ['multipath-unassembled', `${TO.system} DOWN SPACE DOWN SPACE`],
  'system-clones': ['virtual-clones', `${TO.system} SPACE DOWN SPACE`],
  'system-no-disk': ['no-disk', `${TO.system} ENTER`],
  'system-only-usb': ['only-usb', `${TO.system} ENTER`],
  'system-details': ['windows-dual', `${TO.system} F1`],
  storage: ['hp-dl380-sas', `${TO.storage} DOWN DOWN SPACE`],
  erase: ['windows-dual', `${TO.system} ENTER`],
  'erase-wrong': ['windows-dual', `${TO.system} ENTER 'yes' ENTER`],
  'erase-several': ['raid-leftovers', `${TO.system} SPACE DOWN SPACE ENTER ENTER PGDN`],
  card: ['dell-r650-nvme', TO.card],
  'card-none': ['virtual-virtio', TO.card, (driver) => removeCards(driver)],
  'card-no-link': ['no-link', `ENTER ENTER SPACE ENTER`],
  'network-dhcp': ['dell-r650-nvme', TO.network],
  'network-static': ['dell-r650-nvme', `${TO.network} RIGHT`],
  'network-bad-address': ['dell-r650-nvme', `${TO.network} RIGHT DOWN '10.0.0.300' UP UP ENTER`],
  'network-gateway-is-host': [
    'dell-r650-nvme',
    `${TO.network} RIGHT DOWN '10.0.0.3/24' ENTER '10.0.0.3' ENTER ENTER ENTER`,
  ],
  'network-gateway-outside': [
    'dell-r650-nvme',
    `${TO.network} RIGHT DOWN '10.0.0.3/24' ENTER '10.9.0.1' ENTER '10.0.0.1' ENTER ENTER`,
  ],
  hostname: ['dell-r650-nvme', TO.hostname],
  'hostname-bad': ['dell-r650-nvme', `${TO.hostname} '-xen_01' ENTER`],
  'hostname-umlaut': ['dell-r650-nvme', `${TO.hostname} 'xen-größe' ENTER`],
  timezone: ['dell-r650-nvme', TO.timezone],
  'timezone-search': ['dell-r650-nvme', `${TO.timezone} 'new' DOWN`],
  'timezone-nothing': ['dell-r650-nvme', `${TO.timezone} 'atlantis' ENTER`],
  login: ['dell-r650-nvme', TO.login],
  'login-typed': ['dell-r650-nvme', `${TO.login} 'secret' ENTER 'secr'`],
  'login-different': ['dell-r650-nvme', `${TO.login} 'secret' ENTER 'secret2' ENTER ENTER`],
  'login-nothing': ['dell-r650-nvme', `${TO.login} ENTER ENTER ENTER`],
  'login-bad-key': ['dell-r650-nvme', `${TO.login} ENTER ENTER 'ssh-dss' ENTER`],
  'login-long-key': ['dell-r650-nvme', TO.login, longKey],
  'login-hashing': ['dell-r650-nvme', `${TO.login} 'secret' ENTER 'secret' ENTER ENTER`],
  'login-again': [
    'dell-r650-nvme',
    '',
    (driver) => {
      toSummary(driver);
      driver.keys('ESC');
    },
  ],
  'login-no-openssl': [
    'dell-r650-nvme',
    `${TO.login} 'secret' ENTER 'secret' ENTER ENTER`,
    (driver) => {
      driver.event({
        type: 'refused',
        error: new KronosError('dependency/tool-missing', 'hashing a password needs openssl'),
      });
    },
  ],
  summary: ['dell-r650-nvme', '', toSummary],
  'summary-scrolled': [
    'dell-r650-nvme',
    '',
    (driver) => {
      toSummary(driver);
      driver.keys('END RIGHT');
    },
  ],
  'summary-saved': [
    'dell-r650-nvme',
    '',
    (driver) => {
      toSummary(driver);
      driver.keys('RIGHT ENTER');
      driver.event({ type: 'saved', place: 'xen01.yaml on the stick /dev/sdb1' });
    },
  ],
  progress: ['dell-r650-nvme', '', install],
  'progress-ask': [
    'dell-r650-nvme',
    '',
    (driver) => {
      install(driver);
      driver.keys('ESC RIGHT');
    },
  ],
  'progress-stopping': [
    'dell-r650-nvme',
    '',
    (driver) => {
      install(driver);
      driver.keys('ESC RIGHT ENTER');
    },
  ],
  done: [
    'dell-r650-nvme',
    '',
    (driver) => {
      install(driver);
      step(driver, 62, 'finished', 100, 'Closing the disks');
      driver.event({ type: 'installed', now: START + 63_000 });
    },
  ],
  failed: ['dell-r650-nvme', '', fail],
  'failed-report': [
    'dell-r650-nvme',
    '',
    (driver) => {
      fail(driver);
      driver.keys('F1');
    },
  ],
  secret: [
    'dell-r650-nvme',
    '',
    (driver) => {
      install(driver);
      driver.event({ type: 'ask', words: 'Password of the pool' });
      driver.keys(`'hush'`);
    },
  ],
  other: [
    'dell-r650-nvme',
    TO.hostname,
    (driver) => {
      driver.event({ type: 'other', holder: { terminal: 'hvc0', pid: 812 } });
    },
  ],
  small: [
    'dell-r650-nvme',
    TO.system,
    (driver) => {
      driver.event({ type: 'size', columns: 40, rows: 12 });
    },
  ],
};

function removeCards(driver: Driver): void {
  driver.keys('F5');
  const { inventory } = driver.state().world;
  driver.event({ type: 'probed', inventory: { ...inventory, interfaces: [] } });
}

function longKey(driver: Driver): void {
  driver.keys('DOWN DOWN');
  driver.event({ type: 'key', key: { name: 'text', text: SSH_KEY } });
}

function fail(driver: Driver): void {
  install(driver);
  driver.event({
    type: 'failed',
    now: START + 15_000,
    error: new KronosError(
      'io/command-failed',
      'unsquashfs failed with exit code 1:\n    write: Input/output error',
      {
        hint: 'the disk may be broken: look at dmesg, and try another one',
      },
    ),
  });
}

for (const [name, [machine, keys, then]] of Object.entries(CASES)) {
  test(`screen ${name}`, async (t) => {
    const driver = await driveMachine(machine);
    driver.keys(keys);
    then?.(driver);
    const screen = driver.screen();
    const lines = screen.split('\n').slice(0, -1);
    t.is(lines.length, 24);
    for (const line of lines) {
      t.true(line.length <= 80, line);
      t.regex(line, /^[ -~]*$/);
    }
    t.true((lines[23] ?? '').length < 79, 'a full last line scrolls some terminals; nor is it cut');
    await compareWithGolden(t, import.meta.url, `screens/${name}.txt`, screen);
  });
}
