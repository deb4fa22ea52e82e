import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';

export const add: OnnxLowering = ({ inputs: [a, b], graph }) => arithmetic(graph).add(a!, b!);

export const columnSum: OnnxLowering = ({ inputs: [x], graph }) => arithmetic(graph).sum(x!, 0);
