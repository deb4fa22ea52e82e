/** PEFT's own functions as methods: they come in as files and are trained on; the form does not offer them for a new adapter. */

import type { AdapterMethod } from '../method';

const described: readonly (readonly [architecture: string, title: string, paper: string])[] = [
  ['peft_lora', 'LoRA of PEFT', 'Hu et al. 2021, arXiv:2106.09685'],
  ['peft_dora', 'DoRA of PEFT', 'Liu et al. 2024, arXiv:2402.09353'],
  ['peft_ia3', '(IA)³ of PEFT', 'Liu et al. 2022, arXiv:2205.05638'],
  ['peft_vera', 'VeRA of PEFT', 'Kopiczko et al. 2024, arXiv:2310.11454'],
  ['peft_prefix', 'Prefix tuning of PEFT', 'Li & Liang 2021, arXiv:2101.00190'],
  ['peft_prompt', 'Prompt tuning of PEFT', 'Lester et al. 2021, arXiv:2104.08691'],
];

export const peftMethods: readonly AdapterMethod[] = described.map(([architecture, title, paper]) => ({
  id: architecture,
  title,
  summary:
    'From a PEFT file. Another function than AdapterHub’s method of this name; it is written as PEFT again.',
  paper,
  family: 'low rank',
  group: 'research',
  plainly: 'Came in as a file of PEFT, and leaves as one.',
  cautions: [],
  fields: [],
  defaultConfig: null,
  matches: (config) => config.architecture === architecture,
}));
