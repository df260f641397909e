// What dpkg-shlibdeps says, turned into errors. It is the last word on libraries: it also looks for each symbol.
import { KronosError } from '../../common/error.ts';
import { failure } from './finding.ts';

/** The path in the package of a file as the tool names it. */
function pathOf(text: string): string {
  return text.replace(/^debian\/[^/]+/, '');
}

/**
 * What stands against a package in the standard error of dpkg-shlibdeps, or undefined: libraries that are not found
 * (`dependency/library-missing`), symbols that no library has (`dependency/symbol-missing`), and whatever else it ends
 * with a failure for (`io/package-build`). Symbols that a plug-in takes from its program are no mistake; the tool calls
 * everything a plug-in that is in no directory of libraries, so `programs` says which files nobody loads.
 */
export function readShlibdeps(
  output: string,
  status: number,
  one: { name: string; programs: readonly string[] },
  suite: string,
): KronosError | undefined {
  const { name } = one;
  const libraries = [...output.matchAll(/error: cannot find library (\S+) needed by (\S+)/g)].map(
    ([, library = '', file = '']) => `${pathOf(file)}: ${library}`,
  );
  if (libraries.length > 0) {
    return failure('dependency/library-missing', `${suite} lacks libraries of ${name}`, {
      lines: [...new Set(libraries)].sort(),
      hint: 'build the component against the suite, or put the library among the files of a package',
    });
  }
  const unknown = [
    ...[
      ...output.matchAll(/warning: symbol (\S+) used by (\S+) found in none of the libraries/g),
    ].map(([, symbol = '', file = '']) => ({ symbol, path: pathOf(file) })),
    ...[...output.matchAll(/warning: (\S+) contains an unresolvable reference to symbol (\S+):/g)]
      .map(([, file = '', symbol = '']) => ({ symbol, path: pathOf(file) }))
      .filter(({ path }) => one.programs.includes(path)),
  ];
  const symbols = unknown.map(({ symbol, path }) => `${path}: ${symbol}`);
  if (symbols.length > 0) {
    return failure(
      'dependency/symbol-missing',
      `the libraries of ${suite} are older or others than those that ${name} was built with; they lack`,
      {
        lines: [...new Set(symbols)].sort(),
        hint: 'build the component on the suite, or make the packages for a newer one',
      },
    );
  }
  if (status === 0) return undefined;
  const said = output.trim().split('\n').slice(-12).join('\n    ');
  return new KronosError(
    'io/package-build',
    `finding the libraries of ${name} failed:\n    ${said}`,
  );
}
