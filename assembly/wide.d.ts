/** Defined by the asconfig.json target "wide" alone, and only ever asked for by `isDefined(WIDE)`. */
declare const WIDE: bool;
