import test from 'ava';
import { parseFirmwareEntries } from '../../../src/installer/apply/firmware-menu.ts';

/** What version 18 prints, and a line as version 17 does. */
const TEXT = String.raw`BootCurrent: 0004
Timeout: 0 seconds
BootOrder: 0004,0000,0003
Boot0000* UiApp	FvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)
Boot0002* debian	HD(1,GPT,0d1f3a5c-1111-4222-8333-444455556666,0x800,0x80000)/\EFI\debian\shimx64.efi
Boot0003* Kronos	HD(2,GPT,5A1C0DE0-AAAA-4BBB-8CCC-DDDDEEEEFFFF,0x1000,0x80000)/File(\EFI\KRONOS\GRUBX64.EFI)
      dp: 04 01 2a 00 02 00 00 00 / 7f ff 04 00
Boot0004* Kronos	HD(2,GPT,11111111-2222-4333-8444-555555555555,0x1000,0x80000)/\EFI\kronos\grubx64.efi
Boot000A  Kronos	HD(2,GPT,99999999-2222-4333-8444-555555555555,0x1000,0x80000)/\EFI\kronos\grubx64.efi
Boot0005* Kronos on a stick	HD(1,MBR,0x1234,0x800,0x1000)/\EFI\kronos\grubx64.efi
`;

test('only starts of our loader from GPT partitions are ours', (t) => {
  t.deepEqual(parseFirmwareEntries(TEXT), [
    { number: '0003', partition: '5a1c0de0-aaaa-4bbb-8ccc-ddddeeeeffff' },
    { number: '0004', partition: '11111111-2222-4333-8444-555555555555' },
    { number: '000A', partition: '99999999-2222-4333-8444-555555555555' },
  ]);
  t.deepEqual(parseFirmwareEntries('EFI variables are not supported on this system.\n'), []);
});
