// Everything else: locale, time zone, boot arguments, and whether toolstack and pool fit.
import { isTimeZone, nearestTimeZone } from '../common/time-zone.ts';
import type { Findings, Toolstack } from './findings.ts';
import { checkUnit } from './check-storage.ts';
import type { HostFile } from './schema/host-file.ts';

/** Bytes; dom0 with less does not start its services. */
const LEAST_DOM0_MEMORY = 512 * 1024 * 1024;

/** Locales that the image has without the package locales. */
const LOCALES = ['C.UTF-8', 'C', 'POSIX'];

/** Checks what is neither access nor disks nor network. `toolstack`: that of the image, where it is known. */
export function checkBoot(
  hostFile: HostFile,
  findings: Findings,
  toolstack: Toolstack | undefined,
): void {
  checkPlace(hostFile, findings);
  checkDom0(hostFile, findings);
  checkToolstack(hostFile, findings, toolstack);
}

function checkPlace({ locale, timezone }: HostFile, findings: Findings): void {
  if (!LOCALES.includes(locale)) {
    findings.warn('input/unknown-locale', `the image has no locale ${locale}, only C.UTF-8`, {
      path: ['locale'],
      hint: 'messages will be in English; leave the key out, or add the package locales-all to the image',
    });
  }
  if (!isTimeZone(timezone)) {
    const guess = nearestTimeZone(timezone);
    findings.warn(
      'input/unknown-timezone',
      `there is no time zone ${timezone} that is known here`,
      {
        path: ['timezone'],
        hint:
          guess === undefined
            ? 'names are like Europe/Berlin; see timedatectl list-timezones'
            : `did you mean ${guess}?`,
      },
    );
  }
}

function checkDom0({ boot }: HostFile, findings: Findings): void {
  const path = ['boot', 'dom0Memory'];
  if (boot.dom0Memory !== undefined) {
    checkUnit(boot.dom0Memory, path, findings);
    if (boot.dom0Memory >= 1024 * 1024 && boot.dom0Memory < LEAST_DOM0_MEMORY) {
      findings.warn('input/little-memory', 'dom0 with less than 512 MiB may not start', {
        path,
        hint: 'the default is 1 GiB and 5 % of the machine',
      });
    }
  }
  const own = [
    { key: 'dom0Memory', argument: 'dom0_mem', given: boot.dom0Memory !== undefined },
    { key: 'dom0Vcpus', argument: 'dom0_max_vcpus', given: boot.dom0Vcpus !== undefined },
  ];
  boot.xenArguments.forEach((text, index) => {
    const twice = own.find(({ argument, given }) => given && text.startsWith(`${argument}=`));
    if (twice === undefined) return;
    findings.error('input/argument-twice', `${twice.argument} is also set by boot.${twice.key}`, {
      path: ['boot', 'xenArguments', index],
      hint: 'keep one of the two',
    });
  });
}

function checkToolstack(
  hostFile: HostFile,
  findings: Findings,
  image: Toolstack | undefined,
): void {
  const asked = hostFile.toolstack;
  if (asked !== undefined && image !== undefined && asked !== image) {
    findings.error('input/other-toolstack', `the image has the toolstack ${image}, not ${asked}`, {
      path: ['toolstack'],
      hint: asked === 'xapi' ? 'build one with: kronos build --origin xapi=...' : 'remove the key',
    });
  }
  if (hostFile.pool !== undefined && (image ?? asked) === 'xl') {
    findings.error('input/pool-without-xapi', 'a pool needs the toolstack xapi', {
      path: ['pool'],
      hint: 'use an image with xapi (kronos build --origin xapi=...), or remove the pool',
    });
  }
}
