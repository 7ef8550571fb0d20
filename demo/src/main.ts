/** Starts the parts of the page. */
import "./style.css";
import { startMeasure } from "./measure/index.ts";
import { startUnderstand } from "./understand/index.ts";

startMeasure();
startUnderstand();
