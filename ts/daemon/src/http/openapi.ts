/**
 * The OpenAPI document, made of the same routes and schemas as everything else. It is loaded at the
 * first request: what makes it costs more memory than the rest of the API.
 */
import swagger from "@fastify/swagger";
import fastify from "fastify";
import type { Route } from "./route.ts";
import { ErrorSchema } from "@trust-quorum/api/schemas/errors";

/** The document of these routes. */
export async function openApiDocument(table: readonly Route[]): Promise<object> {
  const app = fastify({
    schemaController: {
      compilersFactory: {
        buildValidator: (() => () => () => true) as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "tqd",
        description: "The trust quorum daemon of one sled.",
        version: "1",
      },
    },
  });
  app.after(() => {
    for (const { method, url, summary, access, params, body, answers } of table) {
      app.route({
        method,
        url,
        schema: {
          summary,
          description: `Access: ${access}.`,
          ...(params && { params }),
          ...(body && { body }),
          response: responses(answers),
        },
        handler: () => ({}),
      });
    }
  });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

function responses(answers: Route["answers"]): Record<string, unknown> {
  const found = Object.entries(answers).map(([status, answer]) => [
    status,
    typeof answer === "string"
      ? { description: answer, content: { [answer]: { schema: { type: "string" } } } }
      : { description: "The answer", ...answer },
  ]);
  return {
    ...(Object.fromEntries(found) as Record<string, unknown>),
    "4xx": { description: "The request was refused", ...ErrorSchema },
    "5xx": { description: "The daemon failed, or cannot answer now", ...ErrorSchema },
  };
}
