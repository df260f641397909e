// What a person's action becomes.
import type { OperatorAction } from '../desk.ts';
import type { NewEntry } from '../store/store.ts';

export interface Effect {
  append: NewEntry[];
  message: string;
}

/** The action of that name. */
export type Action<D extends OperatorAction['do']> = Extract<OperatorAction, { do: D }>;
