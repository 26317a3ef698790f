// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * check.js chrome FILE [VIEWER]   is FILE what the Trace Event Format says, and does the trace viewer import it?
 * check.js csv FILE               has every line as many cells as the first, read as RFC 4180 says?
 *
 * VIEWER is trace_viewer_full.html: Catapult's viewer in one file. Its importer is run as it is, without a screen. Prints what it
 * found, or fails with what is wrong.
 */
'use strict';
const fs = require('fs'), vm = require('vm');

function fail(why) {
	console.log(why);
	process.exit(1);
}

/* JSON.parse() takes the last of two members of one name in silence: what is read must be what was written. */
function sameAgain(text, value) {
	const flat = s => s.replace(/\s+/g, '').replace(/(\.\d*?)0+(?=[,}\]])/g, '$1').replace(/\.(?=[,}\]])/g, '');
	const strings = t => t.replace(/"(\\.|[^"\\])*"/g, s => JSON.stringify(JSON.parse(s)).replace(/\s/g, '_'));
	if (flat(strings(text)) !== flat(strings(JSON.stringify(value))))
		fail('some member is there twice, or a number is not what it says');
}

function checkEvent(e) {
	const number = k => typeof e[k] === 'number' && isFinite(e[k]) && e[k] >= 0;
	if (!['X', 'i', 'M'].includes(e.ph) || typeof e.name !== 'string' || !number('pid') || !number('tid'))
		fail('not an event: ' + JSON.stringify(e));
	if (e.ph === 'M' ? !['process_name', 'thread_name', 'thread_sort_index'].includes(e.name) : !number('ts'))
		fail('without its time, or its name: ' + JSON.stringify(e));
	if (e.ph === 'X' && !number('dur') || e.ph === 'i' && !'gpt'.includes(e.s) || typeof e.args !== 'object')
		fail('without what its phase has to have: ' + JSON.stringify(e));
}

/* Events of one track lie one in another or side by side. Nanoseconds, since sums of fractions are not exact. */
function checkNesting(events) {
	const tracks = new Map(), ns = us => Math.round(us * 1000);
	for (const e of events)
		if (e.ph === 'X') {
			const key = e.pid + ':' + e.tid;
			if (!tracks.has(key)) tracks.set(key, []);
			tracks.get(key).push([ns(e.ts), ns(e.ts) + ns(e.dur), e.name]);
		}
	for (const [key, list] of tracks) {
		list.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
		const open = [];
		for (const e of list) {
			while (open.length && open[open.length - 1][1] <= e[0]) open.pop();
			if (open.length && open[open.length - 1][1] < e[1])
				fail('track ' + key + ': ' + e + ' overlaps the end of ' + open[open.length - 1]);
			open.push(e);
		}
	}
	return tracks.size;
}

/* The viewer's parts that draw do not run without a browser; those that import do. */
function importIt(text, viewer) {
	const script = /<script>([\s\S]*?)<\/script>/.exec(fs.readFileSync(viewer, 'utf8'))[1];
	const begin = script.indexOf("'use strict';const global=this.window||this.global;");
	const context = vm.createContext({ process: { versions: process.versions, memoryUsage: process.memoryUsage }, console,
		setTimeout, performance });
	vm.runInContext('this.global = this; this.oboe = { drop: {} };', context);
	for (const part of script.slice(begin).split(/(?='use strict';)/)) {
		try {
			vm.runInContext(part, context);
		} catch (e) {
			if (!/is not defined|reading 'prototype'/.test(String(e))) throw e;
		}
	}
	context.text = text;
	return vm.runInContext(`
		const model = new tr.Model(), options = new tr.importer.ImportOptions();
		options.shiftWorldToZero = false;
		new tr.importer.Import(model, options).importTraces([text]);
		const threads = model.getAllThreads();
		({ warnings: model.importWarnings.map(w => w.type + ': ' + w.message), threads: threads.length,
		   slices: threads.reduce((n, t) => n + t.sliceGroup.length, 0),
		   open: threads.reduce((n, t) => n + t.sliceGroup.slices.filter(s => s.didNotFinish).length, 0),
		   unnamed: threads.filter(t => !t.name).length, names: model.getAllProcesses().map(p => p.name) })`, context);
}

function chrome(text, viewer) {
	const trace = JSON.parse(text), events = trace.traceEvents;
	sameAgain(text, trace);
	events.forEach(checkEvent);
	const tracks = checkNesting(events), shown = events.filter(e => e.ph !== 'M').length;
	let said = `${shown} events on ${tracks} tracks`;
	if (viewer) {
		const got = importIt(text, viewer);
		if (got.warnings.length) fail('the viewer warns: ' + got.warnings.slice(0, 3).join('; '));
		if (got.slices !== shown) fail(`the viewer has ${got.slices} of ${shown} events`);
		if (got.open || got.unnamed) fail(`the viewer finds ${got.open} without end, ${got.unnamed} tracks without name`);
		said += `; the viewer has them all, of ${got.names.length} processes`;
	}
	console.log(said);
}

function csv(text) {
	const lines = [[]];
	let at = 0;
	while (at < text.length) {
		const m = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n|$)/y;
		m.lastIndex = at;
		const cell = m.exec(text);
		if (!cell) fail('no cell at byte ' + at);
		lines[lines.length - 1].push(cell[1] === undefined ? cell[2] : cell[1].replace(/""/g, '"'));
		at = m.lastIndex;
		if (cell[3] === '\n' && at < text.length) lines.push([]);
	}
	for (const [i, l] of lines.entries())
		if (l.length !== lines[0].length) fail(`line ${i + 1} has ${l.length} cells, the first ${lines[0].length}`);
	console.log(`${lines.length} lines of ${lines[0].length} cells`);
}

const [what, file, viewer] = process.argv.slice(2), text = fs.readFileSync(file, 'utf8');
if (what === 'chrome') chrome(text, viewer);
else if (what === 'csv') csv(text);
else fail('chrome or csv?');
