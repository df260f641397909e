// The readable text of a serial line: what is left of a terminal's byte stream without its control sequences.

type State = 'text' | 'escape' | 'csi' | 'string' | 'string-escape' | 'charset';

/**
 * Makes a filter that is fed the stream in chunks of any size and gives back readable text: no escape sequences, line
 * ends as `\n`, and a new line wherever the cursor is moved to another place, so that menus do not run together.
 */
export function createTextFilter(): (chunk: string) => string {
  let state: State = 'text';
  let parameters = '';
  let afterReturn = false;
  const step = (char: string): string => {
    switch (state) {
      case 'text':
        return plain(char);
      case 'escape':
        return escaped(char);
      case 'charset':
        state = 'text';
        return '';
      case 'csi':
        if (char >= '@' && char <= '~') {
          state = 'text';
          // H and f put the cursor somewhere else, d into another row; 2J clears the screen.
          return 'Hfd'.includes(char) || (char === 'J' && parameters === '2') ? '\n' : '';
        }
        parameters += char;
        return '';
      case 'string':
        if (char === '\x07') state = 'text';
        else if (char === '\x1b') state = 'string-escape';
        return '';
      case 'string-escape':
        state = char === '\\' ? 'text' : 'string';
        return '';
    }
  };
  const plain = (char: string): string => {
    const returned = afterReturn;
    afterReturn = char === '\r';
    if (char === '\x1b') state = 'escape';
    if (char === '\n') return returned ? '' : '\n';
    if (char === '\r') return returned ? '' : '\n';
    return char === '\t' || (char >= ' ' && char !== '\x7f') ? char : '';
  };
  const escaped = (char: string): string => {
    state = 'text';
    parameters = '';
    if (char === '[') state = 'csi';
    else if (char === ']' || char === 'P' || char === '_' || char === '^') state = 'string';
    else if ('()*+#% '.includes(char)) state = 'charset';
    return '';
  };
  return (chunk) => Array.from(chunk, step).join('');
}

/** The same for a whole text. */
export function readableText(text: string): string {
  return createTextFilter()(text);
}
