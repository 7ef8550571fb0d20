import { work } from "../../work";

export const runtime = "edge";

export async function GET() {
  return Response.json(await work());
}
