// Drawing of the agent view on a canvas: everything is muted but what is found.

import { isCriminal } from "./agents_scene.js";
import { faded } from "./themes.js";

const TURN = 2 * Math.PI;
const LINK_ALPHA = 0.15;

/**
 * Draw a scene.
 *
 * @param {CanvasRenderingContext2D} context scaled so that one unit is one CSS pixel
 * @param {object} scene of `sceneOf`
 * @param {{width: number, height: number, colours: object, hovered: object | null,
 *   leaders: {from: object, to: object}[]}} look leaders go from labels to whom they are about
 */
export function drawScene(context, scene, look) {
  const { width, height, colours } = look;
  const size = dotSize(width, height);
  context.clearRect(0, 0, width, height);
  drawLinks(context, scene.quiet, colours.accent, LINK_ALPHA);
  drawLinks(context, look.leaders, colours.muted, 0.6);
  for (const flow of scene.hot) drawFlow(context, flow, colours, size);
  const findings = scene.dots.filter(isCriminal);
  for (const dot of findings) drawHalo(context, dot, colours, size);
  for (const dot of scene.dots) if (!isCriminal(dot)) drawDot(context, dot, colours, size);
  for (const dot of findings) drawDot(context, dot, colours, size);
  if (look.hovered) drawRing(context, look.hovered, colours.accent, size * 3.2);
}

/** Half the width of a dot [px]: larger where there is room. */
export function dotSize(width, height) {
  return Math.min(3.6, Math.max(2, Math.sqrt(width * height) / 160));
}

/** The path of a role's shape around a point: what makes roles differ without colour. */
function traceShape(context, role, left, top, size) {
  context.beginPath();
  if (role === "merchant") context.rect(left - size, top - size, 2 * size, 2 * size);
  else if (role === "mule") polygon(context, left, top + size * 0.25, size * 2.1, 3, -TURN / 4);
  else if (role === "fraudster") polygon(context, left, top, size * 2, 4, -TURN / 4);
  else context.arc(left, top, size, 0, TURN);
  context.closePath();
}

/** The colour of a role. */
function colourOf(role, colours) {
  const named = { merchant: "violet", mule: "warn", fraudster: "critical" };
  return colours[named[role] ?? "accent"];
}

function polygon(context, left, top, radius, corners, turned) {
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turned + (TURN * corner) / corners;
    context.lineTo(left + radius * Math.cos(angle), top + radius * Math.sin(angle));
  }
}

function drawLinks(context, links, colour, alpha) {
  context.strokeStyle = faded(colour, alpha);
  context.lineWidth = 0.8;
  context.setLineDash([]);
  context.beginPath();
  for (const { from, to } of links) {
    context.moveTo(from.left, from.top);
    context.lineTo(to.left, to.top);
  }
  context.stroke();
}

/** Money of a crime: curved, with a head; broken while the bank has not found it. */
function drawFlow(context, { from, to, found, amount }, colours, size) {
  const ring = amount > 0 && isCriminal(from) && isCriminal(to);
  const bend = ring ? 0.22 : 0.06;
  const middle = {
    left: (from.left + to.left) / 2 - bend * (to.top - from.top),
    top: (from.top + to.top) / 2 + bend * (to.left - from.left),
  };
  context.strokeStyle = faded(found && ring ? colours.critical : colours.heatLow, ring ? 0.95 : amount > 0 ? 0.6 : 0.32);
  context.lineWidth = ring ? 1.7 : 1;
  context.setLineDash(found ? [] : [4, 3]);
  context.beginPath();
  context.moveTo(from.left, from.top);
  context.quadraticCurveTo(middle.left, middle.top, to.left, to.top);
  context.stroke();
  context.setLineDash([]);
  if (ring) drawHead(context, middle, to, size);
}

function drawHead(context, from, to, size) {
  const angle = Math.atan2(to.top - from.top, to.left - from.left);
  const tip = { left: to.left - 2.6 * size * Math.cos(angle), top: to.top - 2.6 * size * Math.sin(angle) };
  context.fillStyle = context.strokeStyle;
  context.beginPath();
  polygon(context, tip.left, tip.top, size * 1.3, 3, angle);
  context.closePath();
  context.fill();
}

function drawHalo(context, dot, colours, size) {
  context.fillStyle = faded(colourOf(dot.role, colours), dot.found ? 0.22 : 0.12);
  context.beginPath();
  context.arc(dot.left, dot.top, size * 4, 0, TURN);
  context.fill();
}

function drawDot(context, dot, colours, size) {
  traceShape(context, dot.role, dot.left, dot.top, dot.role === "merchant" ? size * 0.95 : size);
  context.fillStyle = isCriminal(dot)
    ? colourOf(dot.role, colours)
    : faded(colourOf(dot.role, colours), dot.role === "merchant" ? 0.85 : 0.72);
  context.fill();
  if (isCriminal(dot)) outline(context, colours.card);
  else if (dot.state !== "ok") drawRing(context, dot, colours.warn, size * 1.9);
}

function outline(context, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.stroke();
}

function drawRing(context, dot, colour, radius) {
  context.strokeStyle = colour;
  context.lineWidth = 1.2;
  context.beginPath();
  context.arc(dot.left, dot.top, radius, 0, TURN);
  context.stroke();
}
