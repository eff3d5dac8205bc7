// Eight missions, in the order of the course. `done` sees all trials so far and the last one.
"use strict";
function labMissions() {
  const leak = (one) => one.word === "LEAK";
  const corner = (one) => one.hidden && !one.empty;
  const dialled = (one) => Object.values(one.dials).some((value) => value > 0);
  return [
    {
      name: "Make it leak",
      goal: "Let the net name the class from a corner in which there is no subject.",
      hint: "One session a class, the lamp at 1, a box of 14 pixels in a corner of the turntable.",
      done: (all, one) => leak(one),
    },
    {
      name: "Lay it out better",
      goal: "Keep the dials, the box and the set of a trial that leaked, and make the leak go by the layout alone.",
      hint: "Every image a session of its own, or sessions crossed with classes.",
      done: (all, one) =>
        one.word === "NO LEAK FOUND" &&
        dialled(one) &&
        all.some(
          (other) =>
            leak(other) && other.layout !== one.layout && other.set === one.set &&
            JSON.stringify([other.dials, other.box]) === JSON.stringify([one.dials, one.box]),
        ),
    },
    {
      name: "Move the crop until it stops",
      goal: "With a stain on the lens and nothing else, find one corner that leaks and another that does not.",
      hint: "The stain is near the top right. One session a class; all other dials at zero.",
      done: (all) => {
        const stained = all.filter(
          (one) => corner(one) && one.layout === "class" && one.dials.stain > 0 &&
            Object.entries(one.dials).every(([dial, value]) => dial === "stain" || !value),
        );
        return stained.some(leak) && stained.some((one) => one.word === "NO LEAK FOUND");
      },
    },
    {
      name: "The split that tells the truth",
      goal: "Two sessions a class, a corner: find the split under which the corner no longer names the class.",
      hint: "A leak under the random split first; then sessions apart, all else the same.",
      done: (all, one) =>
        one.layout === "two" && one.how === "sessions" && corner(one) && !leak(one) &&
        all.some((other) => leak(other) && other.layout === "two" && other.how === "random"),
    },
    {
      name: "A control that proves nothing",
      goal: "Find a box that no net can learn from, however strongly sessions differ.",
      hint: "The device that takes endoscopies paints the left of every picture black.",
      done: (all, one) => one.word === "VACUOUS" && dialled(one),
    },
    {
      name: "Nine to one",
      goal: "Reach 85% of plain accuracy from a corner, without a leak.",
      hint: "Nine images to one, all dials at zero. What does a net name that knows nothing?",
      done: (all, one) => one.balance === "nine" && corner(one) && !leak(one) && one.accuracy >= 0.85,
    },
    {
      name: "Two cameras, crossed",
      goal: "Show that the subject can be named honestly: sessions differ, the corner does not leak, and the middle is named.",
      hint: "Sessions crossed with classes and a dial turned up: once the corner, once the largest box in the middle.",
      done: (all) => {
        const crossed = all.filter((one) => one.layout === "crossed" && dialled(one));
        return (
          crossed.some((one) => corner(one) && one.word === "NO LEAK FOUND") &&
          crossed.some((one) => !one.hidden && one.low > one.chance)
        );
      },
    },
    {
      name: "The smallest leak",
      goal: "Find a leak with every dial at 0.1 or below.",
      hint: "The offset or the sensor's pattern. The eye sees nothing; look at the stretched corners.",
      done: (all, one) => leak(one) && dialled(one) && Object.values(one.dials).every((value) => value <= 0.1),
    },
  ];
}
