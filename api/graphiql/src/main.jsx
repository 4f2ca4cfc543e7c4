import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { fetcher } from "./fetcher.js";
import "./page.css";

// The editor's workers are files of our own; the build knows their names.
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(WORKERS[label] ?? WORKERS.editor),
};

const FIRST_QUERY = `# Ctrl-Enter runs the query; Ctrl-Space completes.
query Todos {
  todos(first: 10) {
    edges {
      node {
        id
        task
        isComplete
      }
    }
  }
}
`;

createRoot(document.getElementById("playground")).render(
  <GraphiQL fetcher={fetcher} defaultQuery={FIRST_QUERY} defaultEditorToolsVisibility={false} />,
);
