// Where the layers are on the medium.

/** Path of a layer, from the root of the medium and without a slash in front. */
export function layerOnMedium(name: string): string {
  return `kronos/layers/${name}.squashfs`;
}
