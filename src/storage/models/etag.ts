/** ETags compared across the forms that servers give them. Knows HTTP; nothing of files. */

/**
 * Whether both are of the same contents; an ETag that is not there is of nothing. The forms are those of one file sent plain
 * and compressed: nginx makes the ETag weak (`W/"x"`), Apache and others append the coding (`"x-gzip"`).
 */
export function isSameEtag(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && contentsOf(one) === contentsOf(other);
}

const contentsOf = (etag: string) =>
  etag.replace(/^W\//, '').replace(/(-|--|;)(gzip|br|deflate|zstd)"$/, '"');
