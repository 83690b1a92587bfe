import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Handout } from '../control/handout.ts';

/**
 * Answers with a file, as fast as it is taken and no faster. Whoever leaves before its end ends the reading.
 * A fault after the first byte cuts the connection: half a file must not look like a whole one.
 */
export async function sendHandout(
  request: Request,
  response: Response,
  { mediaType, fileName, chunks }: Handout,
): Promise<void> {
  response.setHeader('Content-Type', mediaType);
  response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
  if (request.method === 'HEAD') return void response.end();
  try {
    await pipeline(chunks, response);
  } catch (error) {
    if (!hasLeft(error)) throw error;
  }
}

/** The client closed the connection: nobody is there to be told anything. */
function hasLeft(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
