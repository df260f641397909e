// Reports as machines send them. What is too long is cut, because a report that is refused would be lost; what is not one
// is refused.
import * as z from 'zod';
import { shorten } from '../../common/format.ts';

/** A text of which no more is kept. */
function cut(length: number) {
  return z.string().transform((text) => shorten(text, length));
}

const word = z.string().min(1).max(64);
const bytes = z.number().min(0).optional();

const eventSchema = z.object({
  number: z.int().min(1).max(1e9),
  time: z.string().max(64),
  stage: word,
  step: word,
  state: z.enum(['started', 'progress', 'finished', 'skipped', 'failed', 'blocked']),
  percent: z.number().min(0).max(100),
  message: cut(1000),
  bytes,
  total: bytes,
  code: cut(100).optional(),
  hint: cut(1000).optional(),
});

/** Characters of the facts of a report, as JSON. */
const FACTS = 16 * 1024;

const factsSchema = z
  .record(z.string(), z.unknown())
  .transform((facts) => (JSON.stringify(facts).length > FACTS ? {} : facts));

const reportSchema = z.object({
  format: z.literal('kronos-report'),
  version: z.literal(1),
  result: z.enum(['ok', 'failed']),
  stage: word,
  seconds: z.number().min(0),
  facts: factsSchema,
  error: z
    .object({ code: cut(100), message: cut(4000), hint: cut(2000) })
    .partial()
    .optional(),
  step: word.optional(),
  log: z.array(cut(1000)).transform((lines) => lines.slice(-200)),
});

export const reportMessageSchema = z.object({
  run: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  events: z.array(eventSchema).max(1000),
  report: reportSchema.optional(),
});

export type ReportMessage = z.output<typeof reportMessageSchema>;
export type ReportEvent = z.output<typeof eventSchema>;
