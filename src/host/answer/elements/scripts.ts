// Scripts of the person become hooks, as far as it is known what they are.
import type {
  AnswerElement,
  AttributeDefinition,
  ElementDefinition,
  ImportWork,
} from '../definition.ts';
import type { DraftHook } from '../draft.ts';
import { shownUrl, withoutCredentials, type Placed } from '../report.ts';
import { line, url as urlSchema } from '../../schema/values.ts';
import { attributeOf, choice, fitting, mandatory, textOf } from '../values.ts';

const ROOTS = ['installation', 'restore'];

const STAGES = {
  'installation-start': 'before-install',
  'packages-installed': 'after-copy',
  'filesystem-populated': 'after-copy',
  'installation-complete': 'after-install',
} as const;
type Stage = keyof typeof STAGES;

const scriptType: AttributeDefinition = {
  name: 'type',
  values: 'url or nfs',
  default: 'mandatory',
  meaning: 'How the script is reached.',
  becomes: 'nothing; nfs and ftp are not fetched from',
};

const script: ElementDefinition = {
  name: 'script',
  parents: ROOTS,
  content: 'text',
  many: true,
  values: 'a URL (http, https, ftp, file, nfs), or SERVER:/PATH for nfs',
  default: '',
  meaning: 'A program that the installer runs; whether it fails is not looked at.',
  becomes:
    '`hooks[]`: file: as `file`; http and https as a comment, because their `sha256` is not known',
  attributes: [
    {
      name: 'stage',
      values:
        'installation-start, packages-installed, filesystem-populated or installation-complete',
      default: 'mandatory',
      meaning: 'When it runs; installation-complete also after a failure.',
      becomes: '`hooks[].stage`: before-install, after-copy, after-copy or after-install',
    },
    scriptType,
  ],
  read: (element, work) => {
    const stageAt = mandatory(element, 'stage', work);
    const typeAt = mandatory(element, 'type', work);
    if (stageAt === undefined || typeAt === undefined) return;
    const stage = choice(
      stageAt,
      stageAt.value.toLowerCase(),
      Object.keys(STAGES) as Stage[],
      work,
    );
    if (stage === undefined) {
      work.report.cover(typeAt);
      return;
    }
    noteStage(stageAt, stage, work);
    readScript(element, stage, work);
  },
};

/** An element of old answer files that stands for a stage. */
function oldScript(name: string, stage: Stage, meaning: string): ElementDefinition {
  return {
    name,
    parents: ROOTS,
    content: 'text',
    values: 'as <script>',
    default: '',
    meaning: `Deprecated: ${meaning}`,
    becomes: `as <script stage="${stage}">`,
    attributes: [{ ...scriptType, default: 'url' }],
    read: (element, work) => {
      noteStage(element, stage, work);
      readScript(element, stage, work);
    },
  };
}

function noteStage(at: Placed, stage: Stage, { report }: ImportWork): void {
  report.changed(
    at,
    `the stage ${stage} is ${STAGES[stage]} in a host file`,
    stage === 'installation-complete'
      ? 'a hook runs only after success, and one that fails stops the run: let the script end with 0, and expect no argument'
      : 'a hook that fails stops the run: let the script end with 0, and look which arguments it expects',
  );
}

function readScript(element: AnswerElement, stage: Stage, work: ImportWork): void {
  const { report, draft } = work;
  const typeAt = attributeOf(element, 'type');
  const type =
    typeAt === undefined ? 'url' : choice(typeAt, typeAt.value.toLowerCase(), ['url', 'nfs'], work);
  report.cover(typeAt);
  const text = textOf(element, work);
  if (type === undefined || text === undefined) return;
  const hook: DraftHook = { stage: STAGES[stage] };
  const file = /^file:\/\/(?:localhost)?(\/.*)$/is.exec(text)?.[1];
  if (type === 'url' && file !== undefined) {
    const path = fitting(element, file, line, 'a path', work);
    if (path === undefined) return;
    draft.hooks.push({ ...hook, file: path });
    report.changed(
      element,
      'the script was a file of the installer; the hook wants it in the appliance or beside the host file',
      'put it there and write its path under file',
    );
  } else if (type === 'url' && /^https?:\/\//i.test(text)) {
    const plain = withoutCredentials(text);
    const address = fitting(element, plain, urlSchema, 'a URL', work);
    if (address === undefined) return;
    draft.hooks.push({ ...hook, url: address });
    report.lost(
      element,
      `a hook with a URL needs the digest of the script, which is not known; it is in the host file as a comment${plain === text ? '' : ', without user and password'}`,
      'take the digest with curl -fsSL URL | sha256sum, write it under sha256 and remove the comment signs',
    );
  } else {
    report.lost(
      element,
      `the script came from ${shownUrl(text)}; hooks are fetched over http and https only`,
      'put the script beside the host file and write a hook with file',
    );
  }
}

/** In the order in which they are read. */
export const SCRIPT_ELEMENTS: readonly ElementDefinition[] = [
  script,
  oldScript(
    'post-install-script',
    'filesystem-populated',
    'a script for the new host. Where there are two, the installers run none.',
  ),
  oldScript(
    'install-failed-script',
    'installation-complete',
    'a script for the end, also of installations that did not fail.',
  ),
];
