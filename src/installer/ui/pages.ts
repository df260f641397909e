// Every page by its name.
import type { Page } from './page.ts';
import { cardPage, networkPage } from './pages/network.ts';
import { donePage, failedPage } from './pages/ends.ts';
import { erasePage } from './pages/erase.ts';
import { hostnamePage } from './pages/hostname.ts';
import { keymapPage } from './pages/keymap.ts';
import { loginPage } from './pages/login.ts';
import { progressPage } from './pages/progress.ts';
import { storagePage, systemPage } from './pages/disks.ts';
import { summaryPage } from './pages/summary.ts';
import { timezonePage } from './pages/timezone.ts';
import { welcomePage } from './pages/welcome.ts';
import type { PageId } from './state.ts';

export const PAGE_OF: Readonly<Record<PageId, Page>> = {
  welcome: welcomePage,
  keymap: keymapPage,
  system: systemPage,
  storage: storagePage,
  erase: erasePage,
  card: cardPage,
  network: networkPage,
  hostname: hostnamePage,
  timezone: timezonePage,
  login: loginPage,
  summary: summaryPage,
  progress: progressPage,
  done: donePage,
  failed: failedPage,
};
