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
 * with a failure for (`io/package-build`). Symbols that a plug-in takes from its program are no mistake.
 */
export function readShlibdeps(
  output: string,
  status: number,
  name: string,
  suite: string,
): KronosError | undefined {
  const libraries = [...output.matchAll(/error: cannot find library (\S+) needed by (\S+)/g)].map(
    ([, library = '', file = '']) => `${pathOf(file)}: ${library}`,
  );
  if (libraries.length > 0) {
    return failure('dependency/library-missing', `${suite} lacks libraries of ${name}`, {
      lines: [...new Set(libraries)].sort(),
      hint: 'build the component against the suite, or put the library among the files of a package',
    });
  }
  const symbols = [
    ...output.matchAll(/warning: symbol (\S+) used by (\S+) found in none of the libraries/g),
  ].map(([, symbol = '', file = '']) => `${pathOf(file)}: ${symbol}`);
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
