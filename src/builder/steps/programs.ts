// Step `programs`: our own programs as single files. A step of its own, so that a changed recipe does not bundle them again.
import { bundlePrograms, PROGRAMS } from '../files/programs.ts';
import { digestModule } from '../step/code.ts';
import type { Step } from '../step/step.ts';

/** The step; its output holds the bundles. */
export function programsStep(): Step {
  return {
    name: 'programs',
    title: 'Bundle our programs',
    module: import.meta.url,
    inputs: Object.fromEntries(
      PROGRAMS.map((program) => [program.name, digestModule(program.module)]),
    ),
    run: ({ directory }) => bundlePrograms(directory),
  };
}
