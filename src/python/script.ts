/**
 * A run as a Python script: what one would write oneself with AdapterHub's `adapters` and transformers' trainer. Where those do
 * something else than the studio the script does it in lines of its own, or says so in a comment. A pure function of plain data.
 */
import { quoted } from '../formats/markdown';
import { composedIn, describeMethodIn } from '../runs/settings';
import { dataSection, encodingSection } from './data-section';
import { modelSection } from './model-section';
import { importLines } from './section';
import { isOfPeft, resolved, type ScriptSource } from './source';
import { trainingSection } from './training-section';

export function pythonScript(given: ScriptSource): string {
  const source = resolved(given);
  const sections = [
    dataSection(source),
    modelSection(source),
    encodingSection(source),
    trainingSection(source),
  ];
  return [
    ...header(source),
    ...importLines(sections.flatMap(({ imports }) => imports)),
    '',
    ...sections.flatMap(({ lines }) => [...lines, '']),
  ]
    .join('\n')
    .replace(/\n{4,}/g, '\n\n\n')
    .trimEnd()
    .concat('\n');
}

function header(source: ScriptSource): readonly string[] {
  const { settings, methods, dataset, base } = source;
  const method = methods.find(({ id }) => id === settings.method)?.title ?? settings.method;
  return [
    `# ${describeMethodIn(method, composedIn(settings))} of ${quoted(base.name)} on ${quoted(dataset.name)}, as set up in Adapter Studio.`,
    `# pip install adapters==1.3.0 accelerate==1.15.0${isOfPeft(source) ? ' peft==0.21.2' : ''}`,
    '# Initial values, order of the rows and dropout are drawn anew: the run is another one of the same kind.',
  ];
}
