// A JSON Schema as the outcome of a command.
import type { Outcome } from './session.ts';

/** The schema itself, or a word about the file that it was written to. */
export async function printSchema(text: string, output: string | undefined): Promise<Outcome> {
  if (output === undefined) return { json: JSON.parse(text) as unknown, text: text.trimEnd() };
  const { writeFileAtomic } = await import('../common/files.ts');
  await writeFileAtomic(output, text);
  return { json: { file: output }, text: `wrote ${output}` };
}
