/**
 * `total_flos` as the Hugging Face Trainer reports it (`floating_point_ops`, Kaplan et al. 2020, arXiv:2001.08361):
 * 6 × entries of input_ids, padding included × parameters outside the embedding tables.
 */
export function totalFlos(inputEntries: number, parametersWithoutEmbeddings: number): number {
  return 6 * inputEntries * parametersWithoutEmbeddings;
}
