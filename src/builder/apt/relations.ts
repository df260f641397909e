// Dependency fields: `a (>= 1) | b:any, c [amd64] <!nocheck>`.
import { compareVersions } from './version.ts';

export type Operator = '<<' | '<=' | '=' | '>=' | '>>';

/** One name in a dependency field, with the version it needs, if any. */
export interface Relation {
  name: string;
  operator?: Operator;
  version?: string;
}

/** A dependency: one of the alternatives must hold. */
export type Alternatives = readonly Relation[];

const RELATION =
  /^([a-z0-9][a-z0-9.+-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?/i;

/** Reads a dependency field of a binary package; what is not a relation is passed over. */
export function parseRelations(field: string | undefined): Alternatives[] {
  if (field === undefined || field === '') return [];
  return field
    .split(',')
    .map((group) =>
      group.split('|').flatMap((text): Relation[] => {
        const match = RELATION.exec(text.trim());
        if (match?.[1] === undefined) return [];
        if (match[2] === undefined || match[3] === undefined) return [{ name: match[1] }];
        // A bare `<` or `>` is an old spelling of `<=` and `>=`.
        const operator = match[2] === '<' ? '<=' : match[2] === '>' ? '>=' : match[2];
        return [{ name: match[1], operator: operator as Operator, version: match[3] }];
      }),
    )
    .filter((group) => group.length > 0);
}

/** Whether `version` is what a relation asks for. */
export function satisfies(version: string, relation: Relation): boolean {
  if (relation.operator === undefined || relation.version === undefined) return true;
  const order = compareVersions(version, relation.version);
  switch (relation.operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}
