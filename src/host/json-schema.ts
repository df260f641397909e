// JSON Schema of the host file, so that editors complete keys and mark mistakes while a person types.
import * as z from 'zod';
import { hostFileSchema } from './schema/host-file.ts';

/** The text of docs/schema/host-file.schema.json. */
export function hostFileJsonSchema(): string {
  // `input`: what a person writes, where keys with a default may be left out.
  const { $schema, ...rest } = z.toJSONSchema(hostFileSchema, { io: 'input' });
  return `${JSON.stringify({ $schema, title: 'Kronos host file', ...rest }, null, 2)}\n`;
}
