// Whether this is the control domain of Xen.
import { join } from 'node:path';
import { readAttribute } from '../../host/probe/sysfs.ts';

/** Bit of the features that only dom0 has. Source: xen/include/public/features.h, XENFEAT_dom0. */
const DOM0 = 1 << 11;

/** A guest of another Xen has the same file, without the feature. */
export async function isControlDomain(root = '/'): Promise<boolean> {
  if ((await readAttribute(join(root, '/sys/hypervisor/type'))) !== 'xen') return false;
  const features = await readAttribute(join(root, '/sys/hypervisor/properties/features'));
  return features === undefined || (Number.parseInt(features, 16) & DOM0) !== 0;
}
