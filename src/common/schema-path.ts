// Follows a path through data and through the schema of that data.
import * as z from 'zod';
import type { Path } from './yaml.ts';

type Schema = z.core.$ZodType;

/** The value at a path, or undefined where the path ends early. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part))
      return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** The keys that a schema allows at a path; those of all alternatives where there are several. */
export function keysAt(schema: Schema, path: Path, value: unknown): string[] {
  let candidates = [schema].flatMap((one) => alternatives(one, value));
  let current = value;
  for (const part of path) {
    current = valueAt(current, [part]);
    const inner = current;
    candidates = candidates
      .flatMap((candidate) => step(candidate, part))
      .flatMap((one) => alternatives(one, inner));
  }
  return [
    ...new Set(
      candidates.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])),
    ),
  ];
}

function step(schema: Schema, part: string | number): Schema[] {
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodObject) {
    const inner = (schema.shape as Record<string, Schema | undefined>)[part];
    return inner === undefined ? [] : [inner];
  }
  return [];
}

/** Takes wrappers off; of a tagged union only the alternative whose tag the value has. */
function alternatives(schema: Schema, value: unknown): Schema[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return alternatives(schema.unwrap(), value);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const tag = valueAt(value, [schema.def.discriminator]);
    const options = (schema.options as readonly Schema[]).flatMap((option) =>
      alternatives(option, value),
    );
    const chosen = options.filter((option) => {
      const literal = step(option, schema.def.discriminator)[0];
      return literal instanceof z.ZodLiteral && literal.value === tag;
    });
    return chosen.length > 0 ? chosen : options;
  }
  if (schema instanceof z.ZodUnion) {
    return (schema.options as readonly Schema[]).flatMap((option) => alternatives(option, value));
  }
  return [schema];
}
