/**
 * What index.d.ts and captions-types.d.ts say is what the JavaScript is, both ways. `made` is the library without its
 * declarations, so that its types are those of the JSDoc and of the code.
 */
import type * as madeCaptions from "./made/captions.js";
import type * as made from "./made/index.js";
import type * as said from "scribepass";
import type * as saidCaptions from "scribepass/captions";

/** A private field makes a class like no other: what can be seen from outside is compared. */
type Public<Instance> = { [Name in keyof Instance]: Instance[Name] };
type Shape<Module> = {
  [Name in keyof Module]: Module[Name] extends abstract new (...given: infer Given) => infer Instance
    ? { given: Given; instance: Public<Instance> }
    : Module[Name];
};

declare const forth: Shape<typeof made>;
declare const back: Shape<typeof said>;
forth satisfies Shape<typeof said>;
back satisfies Shape<typeof made>;

/** Of the captions' module the four that are a package's; the page uses more of it. */
type Four = Pick<typeof madeCaptions, keyof typeof saidCaptions>;
declare const captionsForth: Four;
declare const captionsBack: typeof saidCaptions;
captionsForth satisfies typeof saidCaptions;
captionsBack satisfies Four;
