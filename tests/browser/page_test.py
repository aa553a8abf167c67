#!/usr/bin/env python3
"""The page of `cox dashboard` in a real browser, over a sweep that runs meanwhile.

    page_test.py --bin build/bin --source . --playwright FOLDER --out FOLDER [--junit FILE]

Screenshots of every view are left in --out.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case_record  # noqa: E402

WAIT_MS = 120_000  # for what a busy machine may take long over
HOSTILE = '<img src=x onerror=alert(1)>\u202e'

options = None


def program(name):
    return str(pathlib.Path(options.bin) / name)


def run(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


class Study:
    """A small sweep in a folder of its own: begun with `begin`, over with `finish`."""

    def __init__(self, folder):
        self.folder = folder
        self.database = folder / "cox.db"
        run(program("cox-engine"), "synth", folder / "clips", "--domain", "motion", "--clips", 3, "--seed", 5)
        (folder / "clips" / "motion_2.mp4").rename(folder / "clips" / f"{HOSTILE}.mp4")
        manifest = folder / "clips.json"
        run(program("cox"), "dataset", "index", folder / "clips", "--layout", "folder", "--name", "page", "-o", manifest)
        text = (pathlib.Path(__file__).parent / "sweep.yaml").read_text()
        self.sweep = folder / "page.yaml"
        model = pathlib.Path(options.source).resolve() / "models" / "tiny"
        self.sweep.write_text(text.replace("MODEL", str(model)).replace("MANIFEST", str(manifest)))
        self.process = None

    def begin(self):
        command = [program("cox"), "run", str(self.sweep), "--workers", "1", "--db", str(self.database),
                   "--out", str(self.folder / "out")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(600):
            if self.database.exists() and self.database.stat().st_size > 0:
                return
            time.sleep(0.1)
        raise AssertionError(f"cox run made no database: {self.process.stderr.read()}")

    def finish(self):
        errors = self.process.communicate(timeout=WAIT_MS / 1000 * 4)[1]
        if self.process.returncode != 0:
            raise AssertionError(f"cox run ended with {self.process.returncode}: {errors}")


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from playwright.sync_api import sync_playwright
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cox-page-"))
        cls.study = Study(cls.folder)
        cls.study.begin()
        cls.server = subprocess.Popen([program("cox"), "dashboard", "--db", str(cls.study.database),
                                       "--listen", "127.0.0.1:0", "--allow-changes", "--sweeps", str(cls.study.sweep)],
                                      stdout=subprocess.PIPE, text=True)
        cls.address = cls.server.stdout.readline().strip()
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                                     args=["--no-sandbox"])
        cls.see_it_live()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        cls.server.terminate()
        cls.server.wait(30)
        cls.server.stdout.close()
        cls.study.process.stderr.close()
        shutil.rmtree(cls.folder)

    @classmethod
    def see_it_live(cls):
        """Follows the number of finished jobs on an open page, which is never loaded again."""
        page = cls.browser.new_page()
        page.goto(cls.address)
        page.wait_for_selector("td:has-text('of 15')", timeout=WAIT_MS)
        page.evaluate("window.loadedOnce = true")
        cls.study.finish()
        page.wait_for_selector("td:text-is('15 of 15')", timeout=WAIT_MS)
        cls.live = page.evaluate("window.loadedOnce === true")
        page.close()

    def setUp(self):
        self.problems = []
        self.page = self.browser.new_page(viewport={"width": 1200, "height": 900})
        self.page.on("console", lambda message: message.type in ("error", "warning")
                     and self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))

    def tearDown(self):
        self.page.close()
        self.assertEqual(self.problems, [])

    def open(self, place, heading):
        self.page.goto(f"{self.address}{place}")
        self.page.wait_for_selector(f"h1:has-text('{heading}')", timeout=WAIT_MS)

    def shoot(self, name):
        self.page.screenshot(path=str(pathlib.Path(options.out) / f"{name}.png"), full_page=True)

    def request(self, path, headers=None):
        """The answer of the server, once it has computed it."""
        answer = self.request_once(path, headers)
        while answer[0] == 202:
            time.sleep(0.1)
            answer = self.request_once(path, headers)
        return answer

    def request_once(self, path, headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address + path, headers=headers or {})) as reply:
                return reply.status, reply.read(), reply.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def wait_for_frame(self, number):
        self.page.wait_for_selector(f"text=frame {number} of 8", timeout=WAIT_MS)

    def wait_until(self, condition):
        """wait_for_function would evaluate a string in the page, which its policy refuses."""
        end = time.monotonic() + WAIT_MS / 1000
        while not self.page.evaluate(condition):
            self.assertLess(time.monotonic(), end, condition)
            time.sleep(0.05)

    def shown_frames(self):
        """The frame that each player shows, by its own clock."""
        return self.page.evaluate(
            "[...document.querySelectorAll('video')].map((video) => Math.floor(video.currentTime / video.duration * 8))")

    def test_progress_arrives_without_loading_again(self):
        self.assertTrue(self.live)

    def test_every_view_loads(self):
        for name, place, heading in [
                ("home", "#/", "Series"), ("series", "#/series?series=page", "Three ways"),
                ("run", "#/run?run=page/adasteer-2", "page/adasteer-2"),
                ("compare", "#/compare?baseline=page/none&run=page/adasteer-2", "Against page/none"),
                ("queue", "#/queue", "Queue"), ("failures", "#/failures", "Failures"),
                ("plan", f"#/plan?file={urllib.parse.quote(str(self.study.sweep))}", "What sweeps would cost"),
                ("query", "#/query?sql=SELECT%20run%2C%20psnr%2C%20ssim%20FROM%20v_results", "Query")]:
            with self.subTest(view=name):
                self.open(place, heading)
                self.shoot(name)

    def test_a_newcomer_finds_the_clip_on_which_lora_gains_most(self):
        """By clicks only: from the front page to three videos that play in step."""
        self.open("", "Series")
        self.page.click("main a:text-is('page')")
        self.page.wait_for_selector("h1:has-text('Three ways')", timeout=WAIT_MS)
        self.page.check("input[aria-label='compare lora']")
        self.page.click("text=Compare chosen runs")
        self.page.wait_for_selector("h1:has-text('Against page/none')", timeout=WAIT_MS)
        differences = [float(cell.inner_text()) for cell in self.page.query_selector_all("td:last-child")]
        self.assertEqual(differences, sorted(differences, reverse=True))
        self.assertEqual(len(differences), 3)
        found = self.page.inner_text("tbody tr:first-child a")
        self.page.click("tbody tr:first-child a")
        self.page.wait_for_selector("video", timeout=WAIT_MS)
        self.assertEqual(self.page.inner_text("h1"), found)
        self.assertEqual(found, self.gains_most("lora"))
        captions = [caption.inner_text() for caption in self.page.query_selector_all("figcaption")]
        self.assertEqual(captions, ["ground truth", "none", "lora"])
        self.wait_for_frame(1)
        self.page.click("button:has-text('Play')")
        seen = set()
        for _ in range(200):
            frames = self.shown_frames()
            self.assertLessEqual(max(frames) - min(frames), 1)
            seen.add(frames[0])
            if len(seen) > 2:
                break
            self.page.wait_for_timeout(50)
        self.assertGreater(len(seen), 2, "the videos do not play")

    def gains_most(self, run):
        """The item with the largest gain in PSNR, by SQL over the pairs."""
        sql = ("SELECT video FROM v_pairs WHERE series_a = 'page' AND series_b = 'page' AND run_b = 'none'"
               f" AND run_a = '{run}' ORDER BY psnr_difference DESC LIMIT 1")
        name = json.loads(self.request("api/query?" + urllib.parse.urlencode({"sql": sql}))[1])["rows"][0][0]
        return name.replace("\u202e", "\\u202e")

    def test_players_step_exactly_and_keep_in_step(self):
        self.open("#/item?series=page&item=motion_0&run=none&run=adasteer-2", "motion_0")
        self.wait_for_frame(1)
        self.assertEqual(self.shown_frames(), [0, 0, 0])
        for frame in range(1, 8):
            self.page.click("text=Forward one frame")
            self.wait_for_frame(frame + 1)
            self.assertEqual(self.shown_frames(), [frame] * 3)
        self.page.focus("section[aria-label=Players]")
        self.page.keyboard.press("ArrowLeft")
        self.wait_for_frame(7)
        self.assertEqual(self.shown_frames(), [6, 6, 6])
        self.page.click("text=Difference from the first")
        self.page.select_option("select[aria-label=Speed]", "0.5")
        self.page.reload()  # the address names the frame, the difference and the speed
        self.wait_for_frame(7)
        self.assertEqual(self.page.input_value("select[aria-label=Speed]"), "0.5")
        self.assertEqual(self.shown_frames(), [6, 6, 6])
        self.assertEqual(self.page.get_attribute("text=Difference from the first", "aria-pressed"), "true")
        self.shoot("item")
        self.page.click("button:has-text('Play')")
        for _ in range(20):
            frames = self.shown_frames()
            self.assertLessEqual(max(frames) - min(frames), 1)
            self.page.wait_for_timeout(50)

    def test_players_of_clips_of_other_lengths_show_the_same_frame(self):
        """A run that scored fewer frames bounds the clock; it does not speed up the other videos."""
        def shortened(route):
            answer = route.fetch()
            document = answer.json()
            document["runs"][1]["scored_frames"] = 4
            route.fulfill(response=answer, json=document)

        self.page.route("**/api/item*", shortened)
        self.open("#/item?series=page&item=motion_0&run=none&run=adasteer-2", "motion_0")
        for frame in range(1, 5):
            self.page.wait_for_selector(f"text=frame {frame} of 4", timeout=WAIT_MS)
            self.assertEqual(self.shown_frames()[:2], [frame - 1] * 2)
            self.page.click("text=Forward one frame")

    def test_long_names_stay_within_a_narrow_window(self):
        long = "n" * 180

        def renamed(route):
            answer = route.fetch(url=route.request.url.replace(long, "motion_0"))
            document = answer.json()
            document["runs"][1]["run"] = long
            route.fulfill(response=answer, json=document)

        self.page.route("**/api/item*", renamed)
        self.page.set_viewport_size({"width": 400, "height": 800})
        self.open(f"#/item?series=page&item={long}&run=none&run=adasteer-2", long)
        self.wait_for_frame(1)
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 400)
        self.shoot("long-names-narrow")

    def test_the_order_of_a_table_is_part_of_its_address(self):
        place = "#/compare?baseline=page/none&run=page/lora"
        self.open(place, "Against page/none")
        self.page.click("th button:text-is('run')")
        self.page.click("th button:text-is('run')")
        values = "cells => cells.map((cell) => Number(cell.textContent))"
        before = self.page.eval_on_selector_all("tbody td:nth-child(3)", values)
        self.assertEqual(before, sorted(before))
        self.page.reload()
        self.page.wait_for_selector("h1:has-text('Against page/none')", timeout=WAIT_MS)
        self.assertEqual(self.page.eval_on_selector_all("tbody td:nth-child(3)", values), before)
        self.assertEqual(self.page.get_attribute("th:has-text('run')", "aria-sort"), "ascending")

    def test_ticked_runs_are_part_of_the_address(self):
        """A link that is sent, and the way back, show the same ticks; changing the metric keeps them."""
        def ticked():
            return sorted(self.page.eval_on_selector_all(
                "input[aria-label^='compare ']:checked", "boxes => boxes.map((box) => box.getAttribute('aria-label'))"))

        self.open("#/series?series=page", "Three ways")
        self.page.click("th button:text-is('run')")
        for run_name in ("lora", "adasteer-1", "none"):
            self.page.check(f"input[aria-label='compare {run_name}']")
        self.page.uncheck("input[aria-label='compare none']")
        expected = ["compare adasteer-1", "compare lora"]
        sent = self.browser.new_page()
        sent.goto(self.page.url)
        sent.wait_for_selector("input[aria-label='compare lora']:checked", timeout=WAIT_MS)
        self.assertEqual(len(sent.query_selector_all("input[aria-label^='compare ']:checked")), 2)
        sent.close()
        self.page.select_option("label:has-text('Metric') select", "ssim")
        self.page.wait_for_selector("h2:has-text('in ssim')", timeout=WAIT_MS)
        self.assertEqual(ticked(), expected)
        self.assertIn("sort=-run", self.page.url)
        self.page.click("text=Compare chosen runs")
        self.page.wait_for_selector("h1:has-text('Against page/none')", timeout=WAIT_MS)
        self.page.go_back()
        self.page.wait_for_selector("h1:has-text('Three ways')", timeout=WAIT_MS)
        self.assertEqual(ticked(), expected)
        self.open("#/series?series=page&pick=no-such-run", "Three ways")
        self.assertEqual(ticked(), [])

    def test_a_missing_video_is_told_and_the_others_play(self):
        sql = "SELECT generated_path FROM v_results WHERE series = 'page' AND run = 'adasteer-1' AND video = 'motion_1'"
        path = pathlib.Path(json.loads(self.request("api/query?" + urllib.parse.urlencode({"sql": sql}))[1])["rows"][0][0])
        aside = path.rename(path.with_suffix(".aside"))
        try:
            self.open("#/item?series=page&item=motion_1&run=none&run=adasteer-1", "motion_1")
            self.page.wait_for_selector("[role=alert]:has-text('adasteer-1: video file')", timeout=WAIT_MS)
            self.wait_for_frame(1)
            self.page.click("text=Forward one frame")
            self.wait_for_frame(2)
        finally:
            aside.rename(path)
        self.assertTrue(self.problems)
        self.problems = [problem for problem in self.problems if "404" not in problem]

    def test_a_video_equals_its_source(self):
        status, body, _ = self.request("api/item?series=page&item=motion_0")
        self.assertEqual(status, 200)
        for result in json.loads(body)["runs"]:
            status, video, headers = self.request(f"video/{result['job']}/generated.mp4")
            self.assertEqual((status, headers["Content-Type"]), (200, "video/mp4"))
            self.assertIn(b"ftyp", video[:16])

    def test_hostile_names_stay_text(self):
        self.open("#/series?series=page", "Three ways")
        self.assertNotEqual(self.page.title(), "taken")
        self.assertIn("<script>", self.page.inner_text("h1"))
        self.open("#/run?run=page/none", "page/none")
        self.assertIn("<img src=x onerror=alert(1)>\\u202e", self.page.inner_text("main"))
        self.assertEqual(self.page.query_selector_all("main img"), [])

    def shown_runs(self):
        return sorted(self.page.eval_on_selector_all("td.lead", "cells => cells.map((cell) => cell.textContent)"))

    def test_ranges_on_axes_keep_runs(self):
        """By dragging, by keyboard and by address: the figure and the table keep the same runs."""
        self.open("#/series?series=page", "Three ways")
        self.assertEqual(len(self.shown_runs()), 5)
        axis = self.page.query_selector("svg[aria-label^='parallel coordinates'] .brush .background")
        axis.scroll_into_view_if_needed()
        box = axis.bounding_box()
        middle = box["x"] + box["width"] / 2
        self.page.mouse.move(middle, box["y"] + box["height"] - 2)
        self.page.mouse.down()
        self.page.mouse.move(middle, box["y"] + box["height"] * .6, steps=4)
        self.page.mouse.up()
        self.page.wait_for_selector("text=runs are within the ranges")
        by_dragging = self.shown_runs()
        self.assertTrue(0 < len(by_dragging) < 4, by_dragging)
        self.assertIn("range=", self.page.url)
        self.page.reload()
        self.page.wait_for_selector("text=runs are within the ranges", timeout=WAIT_MS)
        self.assertEqual(self.shown_runs(), by_dragging)
        self.page.click("button:text-is('Show all')")
        self.assertEqual(len(self.shown_runs()), 5)
        self.assertNotIn("range=", self.page.url)
        self.page.click("summary:has-text('Keep only runs within ranges')")
        self.page.select_option("select[aria-label='lowest steps']", "2")
        self.assertEqual(self.shown_runs(), ["adasteer-2", "adasteer-2-fast", "lora"])
        self.page.select_option("select[aria-label='highest method']", "adasteer")
        self.assertEqual(self.shown_runs(), ["adasteer-2", "adasteer-2-fast"])
        faded = self.page.eval_on_selector_all("svg a.faded", "lines => lines.map((line) => line.getAttribute('aria-label'))")
        self.assertEqual(sorted(name.split(":")[0] for name in faded), ["adasteer-1", "lora"])
        self.shoot("ranges")

    def test_a_query_is_drawn_over_the_columns_that_a_person_chooses(self):
        sql = "SELECT run, avg(psnr) AS psnr, avg(ssim) AS ssim, count(*) AS items FROM v_results GROUP BY run"
        self.open("#/query?" + urllib.parse.urlencode({"sql": sql}), "Query")
        self.page.wait_for_selector("h2:text-is('ssim by psnr')", timeout=WAIT_MS)
        self.page.select_option("label:has-text('Across') select", "run")
        self.page.wait_for_selector("h2:text-is('ssim by run')", timeout=WAIT_MS)
        self.assertEqual(len(self.page.query_selector_all("svg rect.mark")), 5)
        self.page.reload()
        self.page.wait_for_selector("h2:text-is('ssim by run')", timeout=WAIT_MS)

    def test_dark_mode_and_a_phone(self):
        self.page.emulate_media(color_scheme="dark")
        self.open("#/series?series=page", "Three ways")
        self.shoot("series-dark")
        background = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
        self.assertEqual(background, "rgb(20, 23, 28)")
        self.page.set_viewport_size({"width": 390, "height": 800})
        overflow = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(overflow, 0)
        self.wait_until("document.querySelector('svg[aria-label^=difference]').width.baseVal.value < 390")
        self.shoot("series-phone")

    def test_no_serious_accessibility_issue(self):
        from axe_playwright_python.sync_playwright import Axe
        for place, heading in [("#/", "Series"), ("#/series?series=page", "Three ways"),
                               ("#/run?run=page/adasteer-2", "page/adasteer-2"),
                               ("#/item?series=page&item=motion_0", "motion_0"), ("#/query", "Query"),
                               ("#/compare?baseline=page/none&run=page/lora", "Against page/none"), ("#/queue", "Queue"),
                               ("#/failures", "Failures"), ("#/plan", "What sweeps would cost")]:
            with self.subTest(place=place):
                self.open(place, heading)
                found = Axe().run(self.page).response["violations"]
                serious = [each["id"] for each in found if each["impact"] in ("serious", "critical")]
                self.assertEqual(serious, [])

    def test_a_person_pauses_and_resumes_a_series(self):
        """Every job is done, so that nothing changes; the answer says so."""
        self.open("#/series?series=page", "Three ways")
        self.page.click("button:text-is('Pause')")
        self.page.wait_for_selector("#toast:has-text('0 jobs paused; 15 left unchanged')", timeout=WAIT_MS)

    def test_cancelling_asks_first(self):
        self.open("#/run?run=page/none", "page/none")
        self.page.click("button:text-is('Cancel')")
        self.page.click("dialog button:text-is('Keep them')")
        self.page.wait_for_selector("dialog", state="detached")
        self.assertTrue(self.page.is_hidden("#toast"))
        self.page.click("button:text-is('Cancel')")
        self.page.click("dialog button:text-is('Cancel jobs')")
        self.page.wait_for_selector("#toast:has-text('0 jobs cancelled')", timeout=WAIT_MS)

    def test_drawing_again_keeps_what_a_person_did(self):
        self.open("#/series?series=page", "Three ways")
        self.page.click("th button:text-is('ssim')")
        self.page.click("th button:text-is('ssim')")
        before = self.page.eval_on_selector_all("td.lead", "cells => cells.map((cell) => cell.textContent)")
        self.page.eval_on_selector("details:has-text('In words')", "details => { details.open = false; }")
        self.page.check("input[aria-label='compare lora']")
        self.page.evaluate("document.querySelector('main > div').dataset.drawn = 'before'; dispatchEvent(new Event('cox-changed'))")
        self.page.wait_for_selector("main > div:not([data-drawn])", timeout=WAIT_MS)
        self.assertEqual(self.page.eval_on_selector_all("td.lead", "cells => cells.map((cell) => cell.textContent)"), before)
        self.assertFalse(self.page.eval_on_selector("details:has-text('In words')", "details => details.open"))
        self.assertTrue(self.page.is_checked("input[aria-label='compare lora']"))
        self.assertEqual(self.page.evaluate("document.activeElement.getAttribute('aria-label')"), "compare lora")

    def test_another_page_cannot_change_jobs(self):
        request = urllib.request.Request(self.address + "api/change", method="POST",
                                         data=b'{"verb": "cancel", "series": "page"}',
                                         headers={"Content-Type": "application/json", "Origin": "http://attacker.example"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()

    def test_first_paint_and_weight(self):
        self.open("#/", "Series")
        paint = self.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        loaded = self.page.evaluate(
            "performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.encodedBodySize, 0)")
        print(f"first paint {paint:.0f} ms, {loaded / 1e6:.2f} MB of files", file=sys.stderr)
        self.assertLess(loaded, 2e6)

    def test_an_exported_page_opens_from_disk_without_a_network(self):
        page_file = self.folder / "exported.html"
        run(program("cox"), "export", "page", "--html", page_file, "--db", self.study.database, "--run", "lora")
        context = self.browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url.split(":")[0]))
        page.on("console", lambda message: message.type in ("error", "warning") and self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_selector("text=frame 1 of 8", timeout=WAIT_MS)
        self.assertEqual(set(asked) - {"file", "data"}, set())
        self.assertEqual(page.title(), 'Three ways <script>document.title = "taken"</script>')
        self.assertGreaterEqual(len(page.query_selector_all("svg")), 5)
        clip = page.query_selector(".clip")
        captions = [caption.inner_text() for caption in clip.query_selector_all("figcaption")]
        self.assertEqual(captions, ["ground truth", "none", "lora"])
        clip.query_selector("text=Forward one frame").click()
        clip.wait_for_selector("text=frame 2 of 8", timeout=WAIT_MS)
        times = page.evaluate("[...document.querySelector('.clip').querySelectorAll('video')].map((video) => Math.floor(video.currentTime / video.duration * 8))")
        self.assertEqual(times, [1, 1, 1])
        page.screenshot(path=str(pathlib.Path(options.out) / "exported.png"), full_page=True)
        context.close()

    def test_figures_are_files_too(self):
        for kind in ("differences", "cost", "parallel", "heat", "distribution"):
            status, body, headers = self.request(f"figure/{kind}.svg?series=page")
            self.assertEqual((status, headers["Content-Type"]), (200, "image/svg+xml"), body)
            ElementTree.fromstring(body)

    def test_a_port_in_use_is_told(self):
        address = self.address.removeprefix("http://").rstrip("/")
        again = subprocess.run([program("cox"), "dashboard", "--db", str(self.study.database), "--listen", address],
                               capture_output=True, text=True, timeout=WAIT_MS / 1000)
        self.assertEqual(again.returncode, 2, again.stderr)
        self.assertEqual(again.stderr, f"cox: error: cannot listen on {address}: Address already in use; choose another port\n")

    def test_another_host_is_refused(self):
        status, body, _ = self.request("", {"Host": "attacker.example"})
        self.assertEqual(status, 421)
        self.assertNotIn(b"<html", body)

    def test_policy_allows_nothing_unsafe(self):
        _, _, headers = self.request("")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", headers["Content-Security-Policy"])

    def test_what_cannot_be_answered_says_why(self):
        for path, status, word in [
                ("api/series?series=nothing", 404, "nothing"), ("api/run?run=pag/none", 404, "page"),
                ("api/series?series=pge", 404, "did you mean 'page'?"),
                ("api/series?series=page&metric=psrn", 404, "did you mean 'psnr'?"),
                ("api/query?sql=SELECT%20psrn%20FROM%20v_results", 400, "did you mean 'psnr'?"),
                ("api/compare?baseline=page/none&run=page/none", 400, "itself"),
                ("api/compare?baseline=page/none&run=page/adasteer-1&metric=psnrr", 404, "psnr"),
                ("api/query?sql=DELETE%20FROM%20jobs", 400, "DELETE"), ("api/run?run=page/none&limit=x", 400, "limit"),
                ("video/" + "0" * 64 + "/generated.mp4", 404, "job"), ("../etc/passwd", 404, "page")]:
            with self.subTest(path=path):
                got, body, _ = self.request(path)
                self.assertEqual(got, status, body)
                self.assertIn(word, json.loads(body)["error"])


class CoordinatorTest(unittest.TestCase):
    """The page of `cox coordinator --web` with tokens, over a series whose jobs wait."""

    TOKENS = {"submit": "a token that may submit", "read": "a token that may read"}

    @classmethod
    def setUpClass(cls):
        from playwright.sync_api import sync_playwright
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cox-web-"))
        cls.study = Study(cls.folder)
        tokens = cls.folder / "tokens"
        tokens.write_text("".join(f"{role} {token.replace(' ', '-')}\n" for role, token in cls.TOKENS.items()))
        tokens.chmod(0o600)
        cls.server = subprocess.Popen([program("cox"), "coordinator", "--db", str(cls.study.database), "--listen", "127.0.0.1:0",
                                       "--token-file", str(tokens), "--web", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        said = {}
        while "page" not in said:
            line = cls.server.stderr.readline()
            if not line:
                raise AssertionError(f"cox coordinator ended: {said}")
            if " listens on " in line:
                said["coordinator"] = line.split(" listens on ")[1].strip()
            if line.startswith("page: "):
                said["page"] = line.split(": ", 1)[1].strip()
        cls.address = said["page"]
        subprocess.run([program("cox"), "submit", str(cls.study.sweep), "--coordinator", said["coordinator"]], check=True,
                       capture_output=True, env={**os.environ, "COX_TOKEN": cls.token("submit")})
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        cls.server.terminate()
        cls.server.wait(30)
        cls.server.stderr.close()
        shutil.rmtree(cls.folder)

    @classmethod
    def token(cls, role):
        return cls.TOKENS[role].replace(" ", "-")

    def logged_in(self, role):
        page = self.browser.new_context().new_page()
        page.goto(f"{self.address}#/series?series=page")
        page.wait_for_selector("h1:has-text('Log in')", timeout=WAIT_MS)
        page.fill("input[aria-label=Token]", self.token(role))
        page.click("button:text-is('Log in')")
        page.wait_for_selector("h1:has-text('Three ways')", timeout=WAIT_MS)
        return page

    def test_a_guessed_token_is_refused(self):
        page = self.browser.new_context().new_page()
        page.goto(self.address)
        page.fill("input[aria-label=Token]", "guessed-guessed-guessed")
        page.click("button:text-is('Log in')")
        page.wait_for_selector("[role=alert]:has-text('token')", timeout=WAIT_MS)
        page.close()

    def test_who_reads_has_no_button(self):
        page = self.logged_in("read")
        self.assertEqual(page.query_selector_all("button:text-is('Pause')"), [])
        page.close()

    def test_who_submits_pauses_resumes_and_cancels(self):
        page = self.logged_in("submit")
        for verb, said in (("Pause", "15 jobs paused"), ("Resume", "15 jobs resumed")):
            page.click(f"button:text-is('{verb}')")
            page.wait_for_selector(f"#toast:has-text('{said}')", timeout=WAIT_MS)
        page.goto(f"{self.address}#/run?run=page/lora")
        page.wait_for_selector("h1:has-text('page/lora')", timeout=WAIT_MS)
        page.click("button:text-is('Cancel')")
        page.click("dialog button:text-is('Cancel jobs')")
        page.wait_for_selector("#toast:has-text('3 jobs cancelled')", timeout=WAIT_MS)
        page.goto(f"{self.address}#/queue")
        page.wait_for_selector("td:text-is('12')", timeout=WAIT_MS)
        page.close()


def main():
    global options
    parser = argparse.ArgumentParser()
    for name in ("--bin", "--source", "--playwright", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--junit")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    sys.path.insert(0, options.playwright)
    pathlib.Path(options.out).mkdir(parents=True, exist_ok=True)
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (PageTest, CoordinatorTest))
    if options.only:
        suite = unittest.TestSuite(test for group in suite for test in group if options.only in test.id())
    sys.exit(case_record.run_cases(suite, options.junit))


if __name__ == "__main__":
    main()
