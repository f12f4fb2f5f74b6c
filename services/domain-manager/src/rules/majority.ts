/** Tells whether `count` is more than half of `total`; half of it is not. */
export function isMajority(count: number, total: number): boolean {
  return count * 2 > total
}
