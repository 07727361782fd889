// What a backend in TypeScript does with the generated types; compiled, then run against a gateway.
import createClient from "openapi-fetch";
import type { components, paths } from "./treadle.js";

declare const process: { env: Record<string, string> };

type Workflow = components["schemas"]["Workflow"];

const client = createClient<paths>({
  baseUrl: process.env.TREADLE_URL,
  headers: { Authorization: `Bearer ${process.env.TREADLE_KEY}` },
});

const workflow: Workflow = {
  metadata: { id: "typed", name: "Typed" },
  nodes: [
    { id: "start", name: "start", type: "TRIGGER", subtype: "MANUAL" },
    {
      id: "wait", name: "wait", type: "FLOW", subtype: "DELAY",
      configurations: { duration_seconds: "{{ input.seconds }}" },
    },
  ],
  connections: [{ id: "c1", from_node: "start", to_node: "wait" }],
  triggers: ["start"],
};

const misspelt: Workflow = {
  ...workflow,
  nodes: [
    {
      id: "wait", name: "wait", type: "FLOW", subtype: "DELAY",
      // @ts-expect-error: a delay has no such field
      configurations: { duration_minutes: 5 },
    },
  ],
};

const submitted = await client.POST("/v1/executions", { body: { workflow, input: { seconds: 0.1 } } });
if (submitted.error) throw new Error(submitted.error.error_details.solution);
const execution_id = submitted.data.id;

const stream = await client.GET("/v1/executions/{execution_id}/events", {
  params: { path: { execution_id }, header: { accept: "text/event-stream" } },
  parseAs: "stream",
});
let told = "";
const decoder = new TextDecoder();
for await (const part of stream.data as unknown as AsyncIterable<Uint8Array>) {
  told += decoder.decode(part, { stream: true });
}

const shown = await client.GET("/v1/executions/{execution_id}", {
  params: { path: { execution_id } },
});
// @ts-expect-error: the status is one of a closed list
if (shown.data?.status === "FINISHED") throw new Error("no such status");

const listed: string[] = [];
let cursor: string | undefined;
do {
  const page = await client.GET("/v1/executions", {
    params: { query: { limit: 1, cursor, status: "SUCCESS" } },
  });
  if (page.error) throw new Error(page.error.detail);
  listed.push(...page.data.executions.map((each) => each.id));
  cursor = page.data.next_cursor ?? undefined;
} while (cursor);

const refused = await client.POST("/v1/executions", { body: { workflow: misspelt } });

console.log(JSON.stringify({
  status: shown.data?.status,
  ended: shown.data?.end_time ? new Date(shown.data.end_time).getUTCFullYear() > 2000 : false,
  last: told.trim().split("\n").findLast((line) => line.startsWith("event: ")),
  listed: listed.includes(execution_id),
  refused: refused.error?.error_details.reason,
}));
