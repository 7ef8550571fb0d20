/** Starts the parts of the page. */
import "./style.css";
import "./parts.css";
import { startDraw } from "./draw/index.ts";
import { startMeasure } from "./measure/index.ts";
import { startOffline } from "./offline/index.ts";
import { startTrain } from "./train/index.ts";
import { startUnderstand } from "./understand/index.ts";

startTrain(startDraw());
startMeasure();
startUnderstand();
startOffline();
