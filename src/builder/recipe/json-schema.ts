// JSON Schemas of the two formats, so that editors complete keys and mark mistakes while a person types.
import * as z from 'zod';
import { editionSchema, recipeSchema } from './schema.ts';

/** File name below docs/schema and the text that belongs there. */
export function jsonSchemas(): { file: string; text: string }[] {
  return [
    { file: 'recipe.schema.json', text: toText(recipeSchema, 'Kronos recipe') },
    { file: 'edition.schema.json', text: toText(editionSchema, 'Kronos edition') },
  ];
}

function toText(schema: z.ZodType, title: string): string {
  // `input`: what a person writes, where keys with a default may be left out.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
