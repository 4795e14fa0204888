// Image files to pixels of a given size, by the browser: whatever formats it knows.

/** RGBA rows, stretched to fit; transparency on black. Throws for what is no image. */
export async function decodeImage(file: Blob, width: number, height: number): Promise<Uint8ClampedArray> {
  const image = await createImageBitmap(file, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: 'high',
  });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('a canvas without a context');
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  image.close();
  return context.getImageData(0, 0, width, height).data;
}
