import { work } from "../../work";

export const dynamic = "force-dynamic";

export async function GET() {
  return Response.json(await work());
}
