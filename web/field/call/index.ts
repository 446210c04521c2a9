// Calls, put into the phone's shell: the ring above everything, and the desk in reach of a task. The call itself is
// fetched when it rings (calls.ts).

import { parts } from "../parts";
import CallDesk from "./CallDesk.vue";
import CallHost from "./CallHost.vue";
import "./call.css";

parts.urgent.unshift(CallHost);
parts.task.push(CallDesk);
