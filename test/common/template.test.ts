import test from 'ava';
import { formatError } from '../../src/common/error.ts';
import { renderTemplate } from '../../src/common/template.ts';

const VARIABLES = {
  brand: 'Kronos <&> "co"',
  suite: 'trixie',
  bridges: ['xenbr0', 'xenbr1'],
  disks: [{ name: 'sda', size: 1 }, { name: 'sdb' }],
  nested: { deep: { value: 7 } },
};

function render(text: string): string {
  return renderTemplate(text, VARIABLES, 'x.hbs');
}

function refusal(text: string): string {
  try {
    render(text);
    return 'rendered';
  } catch (error) {
    return formatError(error);
  }
}

test('variables are written as they are', (t) => {
  t.is(render('{{brand}}\n'), 'Kronos <&> "co"\n');
  t.is(render('{{nested.deep.value}}'), '7');
});

test('helpers and blocks', (t) => {
  t.is(render('{{#if (eq suite "trixie")}}new{{else}}old{{/if}}'), 'new');
  t.is(render('{{#unless (eq suite "trixie")}}old{{else}}new{{/unless}}'), 'new');
  t.is(render('{{join bridges ","}}'), 'xenbr0,xenbr1');
  t.is(render('{{json disks}}'), '[{"name":"sda","size":1},{"name":"sdb"}]');
  t.is(
    render('{{#each bridges}}{{@index}}={{this}}/{{../suite}} {{/each}}'),
    '0=xenbr0/trixie 1=xenbr1/trixie ',
  );
  t.is(
    render('{{#each disks as |disk i|}}{{i}}{{disk.name}}{{@root.suite}} {{/each}}'),
    '0sdatrixie 1sdbtrixie ',
  );
  t.is(render('{{#with nested.deep}}{{value}}{{/with}}'), '7');
  t.is(render('{{lookup bridges 1}}'), 'xenbr1');
  t.is(render('{{#each bridges}}{{/each}}{{! a comment }}'), '');
  t.is(render('{{^if (eq suite "x")}}other{{/if}}'), 'other');
});

const BAD: [text: string, expected: RegExp][] = [
  [
    'a\n  {{brnad}}',
    /^error input\/template-variable: x\.hbs:2:5: .*"brnad"\n {2}hint: did you mean "brand"\?$/,
  ],
  ['{{#if brnad}}x{{/if}}', /template-variable: x\.hbs:1:7: /],
  ['{{#each brigdes}}x{{/each}}', /did you mean "bridges"\?/],
  ['{{json brnad}}', /template-variable: x\.hbs:1:8: /],
  ['{{#if (eq siute "x")}}{{/if}}', /did you mean "suite"\?/],
  ['{{nested.deep.valeu}}', /"nested\.deep\.valeu"\n {2}hint: did you mean "value"\?/],
  ['{{brand.length}}', /template-variable/],
  ['{{constructor}}', /template-variable/],
  ['{{toString}}', /template-variable/],
  ['{{__proto__}}', /template-variable/],
  ['{{@roof.brand}}', /unknown name @roof\n {2}hint: did you mean "root"\?/],
  ['{{#each bridges}}{{../siute}}{{/each}}', /did you mean "suite"\?/],
  [
    '{{#each bridges}}{{brand}}{{/each}}',
    /template-variable.*"brand"\n {2}hint: inside each and with/,
  ],
  ['{{#each disks}}{{size}}{{/each}}', /template-variable: x\.hbs:1:18: .*"size"/],
  [
    '{{jion bridges ","}}',
    /template-syntax: x\.hbs:1:3: unknown helper "jion"\n {2}hint: did you mean "join"\?/,
  ],
  ['{{join bridges}}', /join takes 2 values, found 1/],
  ['{{join brand ","}}', /rendering the template failed: join wants a list and a text/],
  ['{{#foo}}x{{/foo}}', /template-syntax: .*unknown block "foo"/],
  ['{{> part}}', /partials and decorators have no place here/],
  ['{{log brand}}', /unknown helper "log"/],
  ['a\n{{#if brand}}x', /template-syntax: x\.hbs:2: this is not a Handlebars template/],
  ['{{#if brand}}x{{/each}}', /template-syntax: x\.hbs:1/],
  ['{{brand', /template-syntax: x\.hbs:1/],
];

for (const [text, expected] of BAD) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.regex(refusal(text), expected);
  });
}

test('all unknown variables are reported at once', (t) => {
  t.is(refusal('{{a1}}{{a2}}\n{{#if a3}}{{/if}}').match(/template-variable/g)?.length, 3);
});
